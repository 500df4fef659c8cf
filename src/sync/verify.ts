import { createHash } from 'node:crypto';
import { mapConcurrently } from '../core/concurrency.ts';
import type { Digest } from '../core/digest.ts';
import type { Entry } from '../core/journal-entry.ts';
import type { PackageName } from '../core/name.ts';
import { listedVersions } from '../index/listed-versions.ts';
import type { Index } from '../index/port.ts';
import type { Registry } from '../oci/port.ts';
import { openVersionCheck } from '../storage/version-check.ts';
import { headOf } from './chain.ts';
import { createFindings, type Finding, type Findings } from './findings.ts';
import type { RebuildStore } from './rebuild.ts';
import { isUnreadable } from './unreadable.ts';
import { createDependentsCheck, createFeedCheck, reachesHead, readIndex } from './verify-index.ts';
import { entriesOf, type ReadJournal, readJournal } from './verify-journal.ts';
import { createLostCheck } from './verify-lost.ts';
import { compareNames } from './verify-names.ts';
import { firstDifference, knownVersions, replayPackage } from './verify-package.ts';
import { createSnapshotCheck } from './verify-snapshot.ts';
import { tailBehind } from './verify-tail.ts';

export type VerifyParts = RebuildStore & {
  registry: Registry;
  /** Compared with the journal; absent where there is none to compare. */
  index?: Index;
};

export type VerifyOptions = {
  signal?: AbortSignal;
  /** Tags, content and snapshots too, and not the index alone. */
  store: boolean;
  /** Reads all content through, whatever its size says. */
  content?: boolean;
  onProgress?: (packages: number, total: number) => void;
};

export type Verified = {
  /** Number of the journal's last entry; undefined where the store holds no journal. */
  sequence: number | undefined;
  packages: number;
  versions: number;
  findings: readonly Finding[];
  /** How many there were, those that are left out of the list among them. */
  found: number;
  /** Entries beside the chain that it lacks, to be journaled again. */
  lost: readonly Entry[];
};

/** Entries that are held at once: the journal is read again for each further share of the packages. */
const heldEntriesMax = 200_000;
const packagesAtOnce = 8;
/** A package that changed while it was compared is compared again so often. */
const looksMax = 3;

/**
 * Compares store, journal and index, and finds every disagreement: the journal with itself, with the tags and content
 * of packages, with the index, with the snapshots. Writes nothing. It holds the entries of a part of the packages and
 * some bytes for each entry, whatever packages are made of.
 */
export async function verify(parts: VerifyParts, options: VerifyOptions): Promise<Verified> {
  const findings = createFindings();
  const { signal, store, content = false, onProgress } = options;
  const callOptions = signal ? { signal } : {};
  const heads = () => standingHeads(parts, callOptions);
  const journal = await readJournal(parts.journal, findings, { ...callOptions, heads });
  if (!journal) return told(findings, { sequence: undefined, packages: 0, versions: 0, lost: [] });

  const end = headOf(journal.end);
  const onChain = new Set<string>(journal.chain.map(({ digest }) => digest));
  const { index } = parts;
  const compares =
    index !== undefined && (await reachesHead(index, end, isOnChain, findings, callOptions));
  const lost = createLostCheck(journal.beside);
  const dependents = createDependentsCheck();
  const snapshots = store
    ? await createSnapshotCheck(parts, journal.end, onChain, findings, callOptions)
    : undefined;
  const checks = openVersionCheck(parts.registry);
  const names = new Set<PackageName>();
  const listed = new Set<PackageName>();
  /** Packages that the index has otherwise, or can't read. */
  const otherwise = new Set<PackageName>();
  const changed: { name: PackageName; entries: readonly Entry[] }[] = [];
  let versions = 0;
  let done = 0;

  const shares = Math.max(1, Math.ceil(end.sequence / heldEntriesMax));
  const feed = compares && index ? createFeedCheck(index, findings, callOptions) : undefined;
  for (let share = 0; share < shares; share += 1) {
    const byName = await entriesByName(share);
    if (share === 0) for (const finding of lost.findings()) findings.add(finding);
    await mapConcurrently([...byName], packagesAtOnce, async ([name, entries]) => {
      signal?.throwIfAborted();
      await verifyPackage(name, entries);
      done += 1;
      onProgress?.(done, names.size);
    });
  }
  await lookAgain();
  if (compares && index) {
    const of = { known: names, listed, told: otherwise };
    await compareNames(index, of, end.sequence, findings, callOptions);
    const moved = (await index.head(callOptions))?.batch !== end.batch;
    await dependents.compare(index, findings, moved, callOptions);
  }
  await snapshots?.compareEntries();
  return told(findings, {
    sequence: end.sequence,
    packages: names.size,
    versions,
    lost: lost.entries(),
  });

  /** On the chain as it was read, or written on it since. */
  async function isOnChain(batch: Digest): Promise<boolean> {
    if (onChain.has(batch)) return true;
    const { chain } = journal as ReadJournal;
    return (await tailBehind(parts.journal, chain, [batch], callOptions)).length > 0;
  }

  /** The entries of one share of the packages; with the first share all that all of them are needed for. */
  async function entriesByName(share: number): Promise<Map<PackageName, Entry[]>> {
    const byName = new Map<PackageName, Entry[]>();
    for await (const entry of entriesOf(
      parts.journal,
      (journal as ReadJournal).chain,
      findings,
      callOptions,
    )) {
      if (share === 0) {
        lost.see(entry);
        snapshots?.see(entry);
        await feed?.(entry);
        if ('package' in entry) names.add(entry.package);
      }
      if (!('package' in entry) || shareOf(entry.package, shares) !== share) continue;
      const entries = byName.get(entry.package);
      if (entries) entries.push(entry);
      else byName.set(entry.package, [entry]);
    }
    return byName;
  }

  async function verifyPackage(name: PackageName, entries: readonly Entry[]) {
    const known = knownVersions(entries);
    versions += known.size;
    const row = snapshots?.row(name);
    const replayed = await readable(() =>
      replayPackage(parts.versions, name, entries, { ...callOptions, before: row?.sequence }),
    );
    const record = replayed?.record;
    if (store) await verifyStore(name, known);
    // What can't be read can't be compared either; that it can't is a finding of its own.
    if (!replayed) return;
    if (compares && index) {
      const read = await readPackage(index, name);
      if (!read) otherwise.add(name);
      else if (firstDifference(record, read.value) !== undefined) changed.push({ name, entries });
    }
    if (record) {
      dependents.take(record);
      if (listedVersions(record).length > 0) listed.add(name);
    }
    await snapshots?.comparePackage(name, replayed, entries);
  }

  async function verifyStore(name: PackageName, known: ReturnType<typeof knownVersions>) {
    for (const { entry, digest, bundles, isVoided } of known.values()) {
      if (isVoided) continue;
      const about = { package: name, version: entry.version };
      const problems = await checks.version(
        name,
        { version: entry.version, digest, bundles },
        { ...callOptions, read: content },
      );
      for (const problem of problems) {
        if ('part' in problem) {
          const kind =
            problem.problem === 'content missing' ? 'content-missing' : 'content-damaged';
          findings.add({ kind, ...about, digest: problem.digest, detail: problem.part });
        } else {
          const kind = problem.problem === 'tag missing' ? 'tag-missing' : 'tag-elsewhere';
          const found = problem.found ? { detail: problem.found } : {};
          findings.add({ kind, ...about, tag: problem.tag, digest, ...found });
        }
      }
      for (const { tag, bundle } of await checks.missingReferrerTags(name, bundles, callOptions)) {
        findings.add({ kind: 'referrer-tag-missing', ...about, tag, digest: bundle });
      }
    }
    for (const { version, digest } of await checks.foreign(
      name,
      new Set(known.keys()),
      callOptions,
    )) {
      findings.add({ kind: 'tag-foreign', package: name, version, digest });
    }
  }

  /** Packages that the index had otherwise, most often because they were changed meanwhile. */
  async function lookAgain() {
    for (let look = 1; changed.length > 0 && index; look += 1) {
      const before = changed.splice(0);
      const later =
        look < looksMax ? await laterEntries(before.map(({ name }) => name)) : new Map();
      for (const { name, entries } of before) {
        const all = [...entries, ...(later.get(name) ?? [])];
        const { record } = await replayPackage(parts.versions, name, all, callOptions);
        const read = await readPackage(index, name);
        const value = read?.value;
        const detail = read && firstDifference(record, value);
        if (detail === undefined) continue;
        if (look < looksMax && (value?.sequence ?? 0) > end.sequence)
          changed.push({ name, entries });
        else {
          otherwise.add(name);
          findings.add({ kind: 'index-package', package: name, detail });
        }
      }
    }
  }

  function readPackage(of: Index, name: PackageName) {
    const finding = { kind: 'index-package', package: name } as const;
    return readIndex(of, findings, finding, callOptions, () => of.package(name, callOptions));
  }

  /** What was journaled about these packages since the journal was read. */
  async function laterEntries(wanted: PackageName[]): Promise<Map<PackageName, Entry[]>> {
    const later = new Map<PackageName, Entry[]>(wanted.map((name) => [name, []]));
    const again = await readJournal(parts.journal, createFindings(), callOptions);
    const fresh = again?.chain.filter(({ first, count }) => first + count - 1 > end.sequence) ?? [];
    for await (const entry of entriesOf(parts.journal, fresh, findings, callOptions)) {
      if ('package' in entry && entry.n > end.sequence) later.get(entry.package)?.push(entry);
    }
    return later;
  }
}

/** The batches at which the index and the snapshots stand. */
async function standingHeads(
  { index, snapshots }: VerifyParts,
  options: { signal?: AbortSignal },
): Promise<Digest[]> {
  const head = await index?.head(options);
  // What is wrong with a snapshot is found where snapshots are compared.
  const snapshot = await readable(() => snapshots.index(options));
  return [head, snapshot?.position].flatMap((place) => place?.batch ?? []);
}

function shareOf(name: string, shares: number): number {
  if (shares === 1) return 0;
  return createHash('sha256').update(name).digest().readUInt32BE() % shares;
}

async function readable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

function told(findings: Findings, rest: Omit<Verified, 'findings' | 'found'>): Verified {
  return { ...rest, findings: findings.list(), found: findings.count() };
}
