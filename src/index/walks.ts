// All that an index gives in pages, one after the other, as it is asked for.
import type { Entry } from '../core/journal-entry.ts';
import type { PackageName } from '../core/name.ts';
import { pageItemsMax } from './limits.ts';
import type { Index, PackageRecord } from './port.ts';

/** Records of one page: each holds every version of its package. */
const packagesPageMax = 200;

/** Entries behind a number, in order. `read` gives a page of the feed. */
export async function* feedEntries(
  read: (page: { since: number; limit: number }) => Promise<readonly Entry[]>,
  from = 0,
): AsyncGenerator<Entry, void, undefined> {
  for (let since = from; ; ) {
    const entries = await read({ since, limit: pageItemsMax });
    yield* entries;
    if (entries.length < pageItemsMax) return;
    since = entries.at(-1)?.n ?? since;
  }
}

/** The record of every package with a version that is listed, by name. */
export async function* packageRecords(
  index: Index,
  options: { signal?: AbortSignal } = {},
): AsyncGenerator<PackageRecord, void, undefined> {
  for (let after: PackageName | undefined; ; ) {
    const page = { limit: packagesPageMax, ...(after === undefined ? {} : { after }) };
    const { records } = (await index.packages(page, options)).value;
    yield* records;
    if (records.length < packagesPageMax) return;
    after = records.at(-1)?.name;
  }
}
