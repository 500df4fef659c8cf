// What the index was given of entries, told by the index itself: its records hold the facts, and the store need not
// be asked for what stands there already.
import { mapConcurrently } from '../core/concurrency.ts';
import { VitteError } from '../core/errors.ts';
import type { Entry, JournalEntry } from '../core/journal-entry.ts';
import type { PackageName } from '../core/name.ts';
import { pageItemsMax } from '../index/limits.ts';
import type { AppliedEntry, Index, PackageRecord, VersionRecord } from '../index/port.ts';
import type { VersionStore } from '../storage/version-store.ts';

type Parts = { index: Index; versions: VersionStore };
type Options = { signal?: AbortSignal };

/** Packages read at once: it is done in the background. */
const readsMax = 4;

/**
 * Entries `first` to `last` with what an index filled from the store would be given beside them. What the index does
 * not know of one is read from the store. PKG_E_INDEX_UNAVAILABLE where the index does not reach so far.
 */
export async function appliedRange(
  parts: Parts,
  first: number,
  last: number,
  options: Options = {},
): Promise<AppliedEntry[]> {
  const entries = await entriesOf(parts.index, first, last, options);
  const names = new Set<PackageName>();
  for (const entry of entries) if (hasContent(entry)) names.add(entry.package);
  const records = new Map<PackageName, PackageRecord | undefined>();
  await mapConcurrently([...names], readsMax, async (name) => {
    records.set(name, (await parts.index.package(name, options)).value);
  });
  return mapConcurrently(entries, readsMax, async (entry): Promise<AppliedEntry> => {
    if (!hasContent(entry)) return { entry };
    const version = records
      .get(entry.package)
      ?.versions.find((candidate) => candidate.version === entry.version);
    return entry.event === 'published'
      ? { entry, facts: await factsOf(parts, entry, version, options) }
      : { entry, signatures: await signaturesOf(parts, entry, version, options) };
  });
}

/** Entries of the feed, all of them. PKG_E_INDEX_UNAVAILABLE where some are not there. */
export async function entriesOf(
  index: Pick<Index, 'feed'>,
  first: number,
  last: number,
  options: Options = {},
): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let since = first - 1; since < last; since = entries.at(-1)?.n ?? last) {
    const limit = Math.min(pageItemsMax, last - since);
    const { value: page } = await index.feed({ since, limit }, options);
    if (page.length < limit) {
      throw new VitteError('PKG_E_INDEX_UNAVAILABLE', `the index does not hold entry ${last}`);
    }
    entries.push(...page);
  }
  return entries;
}

type Published = Extract<JournalEntry, { event: 'published' }>;
type Attached = Extract<JournalEntry, { event: 'attached' }>;
type AnyVersion = PackageRecord['versions'][number];

function hasContent(entry: Entry): entry is Published | Attached {
  return entry.event === 'published' || entry.event === 'attached';
}

async function factsOf(
  { versions }: Parts,
  entry: Published,
  record: AnyVersion | undefined,
  options: Options,
): Promise<NonNullable<AppliedEntry['facts']>> {
  const { package: name, digest, bundles = [] } = entry;
  if (record?.id === entry.id) {
    if (record.voided) return 'gone';
    const { version, archive, readme, document } = record;
    const signatures = among(record, bundles);
    return { version, digest, archive, ...(readme ? { readme } : {}), signatures, document };
  }
  // A version that was published twice: the first word counts, and this entry is the second.
  return (await versions.facts(name, digest, bundles, options)) ?? 'gone';
}

async function signaturesOf(
  { versions }: Parts,
  { package: name, bundles, digest }: Attached,
  record: AnyVersion | undefined,
  options: Options,
) {
  if (record?.voided) return [];
  if (record?.digest === digest) return among(record, bundles);
  return versions.signatureFacts(name, bundles, options);
}

function among({ signatures }: VersionRecord, bundles: readonly string[]) {
  return signatures.filter(({ bundle }) => bundles.includes(bundle));
}
