import { mayPublish } from '../auth/rights.ts';
import type { Entry, JournalEvent } from '../core/journal-entry.ts';
import { canonicalCopy } from '../core/json.ts';
import type { PackageName } from '../core/name.ts';
import { versionCore } from '../core/version.ts';
import type {
  AppliedEntry,
  Outcome,
  PackageRecord,
  QueueItem,
  StoreRecord,
  TokenRecord,
} from '../index/port.ts';
import { judgeChange, refused } from './judge-change.ts';
import { type JudgedPackage, type JudgedVersion, judgedPackage } from './judged-package.ts';

/** What the judge may ask of the index at the journal's head. */
export type JudgeState = {
  store(): Promise<StoreRecord | undefined>;
  token(sha256: string): Promise<TokenRecord | undefined>;
  package(name: PackageName): Promise<PackageRecord | undefined>;
};

/** What became of a queue: the entries that passed, in order and numbered, and the outcomes of the others. */
export type Judgement = { entries: AppliedEntry[]; outcomes: { id: string; outcome: Outcome }[] };

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
  const seen = new Map<PackageName, JudgedPackage>();
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
      case 'yanked':
      case 'unyanked':
      case 'deprecated':
      case 'owner':
        return judgeChange(item, event, await packageOf(event.package), (change) => append(change));
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
    const known = await packageOf(event.package);
    const { tarSha256 } = item.facts.archive;
    for (const other of known.versions) {
      if (other.version === event.version) return sameVersion(other, tarSha256, event);
      if (versionCore(other.version) === versionCore(event.version)) {
        return refused(
          'PKG_E_VERSION_EXISTS',
          `${event.package}@${other.version} differs from ${event.version} in build metadata alone`,
        );
      }
    }
    if (!known.created) {
      known.created = append({
        id: `${event.id}-package`,
        actor: event.actor,
        event: 'package created',
        package: event.package,
        owner: event.actor,
        visibility: 'public',
      });
      known.owners.set(event.actor, { role: 'owner', ...known.created });
    }
    const { n, at } = append(event, { facts: item.facts });
    known.versions.push({
      id: event.id,
      version: event.version,
      digest: event.digest,
      tarSha256,
      bundles: new Set(event.bundles),
      yank: undefined,
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
    const known = await packageOf(event.package);
    const version = known.versions.find((other) => other.version === event.version);
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
    other: JudgedVersion,
    tarSha256: string,
    event: Extract<JournalEvent, { event: 'published' }>,
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

  async function packageOf(name: PackageName): Promise<JudgedPackage> {
    const known = seen.get(name) ?? judgedPackage(await state.package(name));
    seen.set(name, known);
    return known;
  }

  function append(event: JournalEvent, beside: Omit<AppliedEntry, 'entry'> = {}): Entry {
    const previous = entries.at(-1)?.entry ?? after;
    const time = new Date(Math.max(now(), Date.parse(previous.at))).toISOString();
    // In the order of its stored form, so that an index filled from the store answers byte for byte the same.
    const entry: Entry = canonicalCopy({ ...event, n: previous.n + 1, at: time });
    entries.push({ entry, ...beside });
    return entry;
  }
}
