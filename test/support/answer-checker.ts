// Remembers what a registry answered to its clients, and holds every later answer against it. What it finds wrong
// is a line in `findings`; `answer-audit.ts` asks for everything again at the end.
import type { Digest } from '../../src/core/digest.ts';
import { compareVersions, type Version } from '../../src/core/version.ts';

/** What a client sent: a version with this archive. */
export type Subject = { name: string; version: string; archive: Digest };

/** What the registry answered to a publish. */
export type Published = Subject & { digest: string; sequence: number; publishedAt: string };

export type FeedEntry = {
  n: number;
  at: string;
  id?: string;
  event: string;
  package?: string;
  version?: string;
  digest?: string;
};

export type Answer = {
  status: number;
  /** When the request was sent, of `performance.now`. */
  sentAt: number;
  /** The number that `Vitte-Sequence` names. */
  sequence: number | undefined;
  /** The number that the request asked for. */
  minSequence?: number;
  body: unknown;
};

/** An answer may be so old where the client asked for no number. */
const staleMsMax = 1_000;
const findingsMax = 50;

export type AnswerChecker = ReturnType<typeof createAnswerChecker>;

export function createAnswerChecker() {
  const findings: string[] = [];
  const published = new Map<string, Published & { answeredAt: number }>();
  const created = new Set<string>();
  const refused: Subject[] = [];
  const entries = new Map<number, string>();
  /** The highest number answered until a moment; both rise. */
  const marks: { at: number; sequence: number }[] = [];

  return {
    findings,
    find,
    /** Every version that was answered with 201 or 200, by `NAME@VERSION`. */
    published: published as ReadonlyMap<string, Published>,
    /** Every content that was refused because the version has another. */
    refused: refused as readonly Subject[],

    /** A publish was answered with 201 or 200. */
    tookPublish(subject: Subject, { status, body }: Answer) {
      const label = labelOf(subject);
      const given = body as Published & { archive: unknown };
      const archive = (given.archive as { digest?: Digest } | undefined)?.digest;
      const { name, version, digest, sequence, publishedAt } = given;
      if (labelOf({ name, version }) !== label)
        return find(`${label}: answered ${status} as another`);
      if (archive !== subject.archive) {
        return find(`${label}: answered ${status} to ${subject.archive} with archive ${archive}`);
      }
      // The first answer is not always the first to come: its tags may take longer than those of the next.
      if (status === 201 && created.has(label)) find(`${label}: created twice`);
      if (status === 201) created.add(label);
      const before = published.get(label);
      if (!before) {
        const at = performance.now();
        published.set(label, { ...subject, digest, sequence, publishedAt, answeredAt: at });
        marks.push({ at, sequence: Math.max(sequence, marks.at(-1)?.sequence ?? 0) });
        return;
      }
      compare(before, { ...subject, digest, sequence, publishedAt });
    },

    /** A publish was answered with 409: the version has another content. */
    refusedPublish(subject: Subject) {
      refused.push(subject);
      const standing = published.get(labelOf(subject));
      if (standing?.archive === subject.archive) {
        find(`${labelOf(subject)}: 409 for the content that was published`);
      }
    },

    /** The document of a version, or 404. */
    readVersion({ name, version }: { name: string; version: string }, answer: Answer) {
      const known = published.get(labelOf({ name, version }));
      if (answer.status === 404) {
        if (known && isDue(known, answer)) find(`${labelOf(known)}: 404 after its publish`);
        return;
      }
      fresh(answer);
      if (known) compare(known, publishedIn(answer.body));
    },

    /** The document of a package, or 404: it has each version that it must have, with its digest. */
    readPackage(name: string, answer: Answer) {
      if (answer.status === 200) fresh(answer);
      const { versions } = answer.status === 200 ? (answer.body as PackageBody) : { versions: [] };
      const digests = new Map(versions.map((version) => [version.version, version.digest]));
      for (const known of published.values()) {
        if (known.name !== name) continue;
        const digest = digests.get(known.version);
        if (digest === undefined && isDue(known, answer)) {
          find(`${labelOf(known)}: missing from its package (${answer.status})`);
        }
        if (digest !== undefined && digest !== known.digest) {
          find(`${labelOf(known)}: digest ${digest}, published as ${known.digest}`);
        }
      }
    },

    /** A page of the list from its beginning: every package that must be in it, by name. */
    readList(answer: Answer) {
      fresh(answer);
      const { packages, total, next } = answer.body as PageBody;
      const names = packages.map(({ name }) => name);
      if (names.some((name, at) => at > 0 && name <= names[at - 1]!)) {
        find(`a list is out of order: ${names.join(' ')}`);
      }
      const due = dueNames(answer);
      if (total < due.size) find(`a list of ${total} packages, where ${due.size} were due`);
      const last = next === null ? undefined : names.at(-1);
      for (const name of due) {
        const isHere = last === undefined || name <= last;
        if (isHere && !names.includes(name)) find(`${name}: missing from a list`);
      }
      for (const row of packages) readRow(row, answer);
    },

    /** What a search for this very name gave. */
    readFound(name: string, answer: Answer) {
      fresh(answer);
      const { packages } = answer.body as PageBody;
      if (packages[0]?.name !== name && dueNames(answer).has(name)) {
        find(`${name}: a search for it begins with ${packages[0]?.name}`);
      }
      for (const row of packages) readRow(row, answer);
    },

    /** A download, its body hashed; or 404. */
    readArchive(subject: Subject, answer: Answer, digest: Digest | undefined) {
      const known = published.get(labelOf(subject));
      if (answer.status === 404) {
        if (known && isDue(known, answer)) find(`${labelOf(known)}: no download after its publish`);
      } else if (known && digest !== known.archive) {
        find(`${labelOf(known)}: downloaded ${digest}, published ${known.archive}`);
      }
    },

    /** A page of the feed: numbers without a gap, and no entry other than it ever was. */
    readFeed(since: number, answer: Answer) {
      fresh(answer);
      const page = (answer.body as { entries: FeedEntry[] }).entries;
      for (const [at, entry] of page.entries()) {
        if (entry.n !== since + 1 + at) find(`feed after ${since}: place ${at} has ${entry.n}`);
        const text = JSON.stringify(entry);
        const before = entries.get(entry.n) ?? text;
        entries.set(entry.n, before);
        if (before !== text) find(`entry ${entry.n} was ${before} and is ${text}`);
      }
    },
  };

  function find(text: string) {
    if (findings.length < findingsMax) findings.push(text);
  }

  function compare(before: Published, after: Published) {
    for (const field of ['archive', 'digest', 'sequence', 'publishedAt'] as const) {
      if (before[field] === after[field] || after[field] === undefined) continue;
      find(`${labelOf(before)}: ${field} was ${before[field]} and is ${after[field]}`);
    }
  }

  /** A row shows a version as it was published, and none that is lower than it must be. */
  function readRow({ name, version, publishedAt }: RowBody, answer: Answer) {
    const known = published.get(labelOf({ name, version }));
    if (known && known.publishedAt !== publishedAt) {
      find(`${labelOf(known)}: a row says ${publishedAt}, published ${known.publishedAt}`);
    }
    for (const other of published.values()) {
      if (other.name !== name || !isDue(other, answer)) continue;
      if (compareVersions(version as Version, other.version as Version) >= 0) continue;
      return find(`${name}: a row shows ${version}, where ${other.version} was due`);
    }
  }

  function dueNames(answer: Answer): Set<string> {
    const due = [...published.values()].filter((known) => isDue(known, answer));
    return new Set(due.map(({ name }) => name));
  }

  /** The answer is at the number that it was asked for, or at most a second old. */
  function fresh({ sequence, sentAt, minSequence }: Answer) {
    const due = Math.max(minSequence ?? 0, sequenceDue(sentAt));
    if (sequence === undefined || sequence >= due) return;
    find(`an answer at ${sequence}, where ${due} was due`);
  }

  function isDue(known: Published & { answeredAt: number }, { sentAt, minSequence }: Answer) {
    return known.sequence <= (minSequence ?? 0) || known.answeredAt + staleMsMax < sentAt;
  }

  function sequenceDue(sentAt: number): number {
    const mark = marks.findLast(({ at }) => at + staleMsMax < sentAt);
    return mark?.sequence ?? 0;
  }
}

/** What the document of a version and the answer to a publish have in common. */
function publishedIn(body: unknown): Published {
  const document = body as Omit<Published, 'archive'> & { archive: { digest: Digest } };
  return { ...document, archive: document.archive.digest };
}

type PackageBody = { versions: { version: string; digest: string }[] };
type RowBody = { name: string; version: string; publishedAt: string };
type PageBody = { packages: RowBody[]; total: number; next: string | null };

export function labelOf({ name, version }: { name: string; version: string }): string {
  return `${name}@${version}`;
}
