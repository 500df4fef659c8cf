import { mayPublish } from '../auth/rights.ts';
import type { Digest } from '../core/digest.ts';
import type { Entry, JournalEvent } from '../core/journal-entry.ts';
import { canonicalCopy } from '../core/json.ts';
import type { PackageName } from '../core/name.ts';
import { type Version, versionCore } from '../core/version.ts';
import type {
  AppliedEntry,
  Outcome,
  PackageRecord,
  QueueItem,
  StoreRecord,
  TokenRecord,
} from '../index/port.ts';

/** What the judge may ask of the index at the journal's head. */
export type JudgeState = {
  store(): Promise<StoreRecord | undefined>;
  token(sha256: string): Promise<TokenRecord | undefined>;
  package(name: PackageName): Promise<PackageRecord | undefined>;
};

/** What became of a queue: the entries that passed, in order and numbered, and the outcomes of the others. */
export type Judgement = { entries: AppliedEntry[]; outcomes: { id: string; outcome: Outcome }[] };

type Standing = {
  id: string;
  version: Version;
  digest: Digest;
  tarSha256: string | undefined;
  bundles: Set<Digest>;
  n: number;
  at: string;
};

/**
 * Judges items in queue order, against the index at the journal's head and the items before them. The journal's
 * order decides: of two contents for one version the first stands. `after` is the last entry's number and time.
 */
export async function judge(
  items: QueueItem[],
  state: JudgeState,
  after: { n: number; at: string },
  now: () => number,
): Promise<Judgement> {
  const entries: AppliedEntry[] = [];
  const outcomes: Judgement['outcomes'] = [];
  const seen = new Map<PackageName, { created: boolean; standing: Standing[] }>();
  let storeExists: boolean | undefined;

  for (const item of items) {
    const outcome = await consider(item);
    if (outcome) outcomes.push({ id: item.id, outcome });
  }
  return { entries, outcomes };

  async function consider(item: QueueItem): Promise<Outcome | undefined> {
    const { event } = item;
    switch (event.event) {
      case 'registry created':
        storeExists ??= (await state.store()) !== undefined;
        if (storeExists) return refused('PKG_E_VERSION_EXISTS', 'the registry exists already');
        storeExists = true;
        break;
      case 'published':
        return considerPublished(item, event);
      case 'attached':
        return considerAttached(item, event);
      case 'token made':
        if (await state.token(event.sha256)) return refused('PKG_E_TOKEN', 'the token is known');
        break;
      case 'voided':
        break;
      case 'package created':
        return refused('PKG_E_REQUEST', 'a package is created by its first version');
    }
    append(event);
    return undefined;
  }

  async function considerPublished(
    item: QueueItem,
    event: Extract<JournalEvent, { event: 'published' }>,
  ): Promise<Outcome | undefined> {
    if (!item.facts)
      return refused('PKG_E_REQUEST', 'a version without facts can not be published');
    if (!mayPublish(item.role)) return refused('PKG_E_FORBIDDEN', `${event.package} is not yours`);
    const known = seen.get(event.package) ?? (await load(event.package));
    seen.set(event.package, known);
    const { tarSha256 } = item.facts.archive;
    for (const other of known.standing) {
      if (other.version === event.version) return sameVersion(other, tarSha256, event);
      if (versionCore(other.version) === versionCore(event.version)) {
        return refused(
          'PKG_E_VERSION_EXISTS',
          `${event.package}@${other.version} differs from ${event.version} in build metadata alone`,
        );
      }
    }
    if (!known.created) {
      known.created = true;
      append({
        id: `${event.id}-package`,
        actor: event.actor,
        event: 'package created',
        package: event.package,
        owner: event.actor,
        visibility: 'public',
      });
    }
    const { n, at } = append(event, { facts: item.facts });
    known.standing.push({
      id: event.id,
      version: event.version,
      digest: event.digest,
      tarSha256,
      bundles: new Set(event.bundles),
      n,
      at,
    });
    return undefined;
  }

  async function considerAttached(
    item: QueueItem,
    event: Extract<JournalEvent, { event: 'attached' }>,
  ): Promise<Outcome | undefined> {
    if (!mayPublish(item.role)) return refused('PKG_E_FORBIDDEN', `${event.package} is not yours`);
    const known = seen.get(event.package) ?? (await load(event.package));
    seen.set(event.package, known);
    const version = known.standing.find((other) => other.version === event.version);
    if (!version || version.digest !== event.digest) {
      return refused('PKG_E_NOT_FOUND', `there is no ${event.package}@${event.version} to sign`);
    }
    const fresh = (item.signatures ?? []).filter(({ bundle }) => !version.bundles.has(bundle));
    if (fresh.length === 0) return { status: 'existing', n: version.n, at: version.at };
    for (const { bundle } of fresh) version.bundles.add(bundle);
    append({ ...event, bundles: fresh.map(({ bundle }) => bundle) }, { signatures: fresh });
    return undefined;
  }

  function sameVersion(
    other: Standing,
    tarSha256: string,
    event: { id: string; package: PackageName; version: Version },
  ): Outcome {
    // The same item again: its first answer was lost on the way.
    if (other.id === event.id) return { status: 'journaled', n: other.n, at: other.at };
    const label = `${event.package}@${event.version}`;
    if (other.tarSha256 === undefined) {
      return refused('PKG_E_VERSION_VOIDED', `${label} was published and its content was lost`);
    }
    return other.tarSha256 === tarSha256
      ? { status: 'existing', n: other.n, at: other.at }
      : refused('PKG_E_VERSION_EXISTS', `${label} is published with other content`);
  }

  async function load(name: PackageName) {
    const record = await state.package(name);
    const standing = (record?.versions ?? []).map((version) => ({
      id: version.id,
      version: version.version,
      digest: version.digest,
      tarSha256: version.voided ? undefined : version.archive.tarSha256,
      bundles: new Set(version.voided ? [] : version.signatures.map(({ bundle }) => bundle)),
      n: version.sequence,
      at: version.publishedAt,
    }));
    return { created: record !== undefined, standing };
  }

  function append(event: JournalEvent, beside: Omit<AppliedEntry, 'entry'> = {}): Entry {
    const previous = entries.at(-1)?.entry ?? after;
    const time = new Date(Math.max(now(), Date.parse(previous.at))).toISOString();
    // In the order of its stored form, so that an index filled from the store answers byte for byte the same.
    const entry: Entry = canonicalCopy({ ...event, n: previous.n + 1, at: time });
    entries.push({ entry, ...beside });
    return entry;
  }

  function refused(
    code: Extract<Outcome, { status: 'refused' }>['code'],
    message: string,
  ): Outcome {
    return { status: 'refused', code, message };
  }
}
