// The index's list of packages, which is a thing of its own beside their records: what pages and totals come from.
import { compareCodePoints } from '../core/json.ts';
import type { PackageName } from '../core/name.ts';
import { listedVersions } from '../index/listed-versions.ts';
import type { Index } from '../index/port.ts';
import { createFindings, type Findings } from './findings.ts';
import { readIndex } from './verify-index.ts';

/** What the journal says of the names, and what is known of their records. */
export type KnownNames = {
  /** Every name of the journal. */
  known: ReadonlySet<string>;
  /** Those with versions that are listed. */
  listed: ReadonlySet<PackageName>;
  /** Those whose record in the index is a finding already. */
  told: ReadonlySet<string>;
};
type Options = { signal?: AbortSignal };

const packagesPageMax = 200;

/**
 * Compares the index's list with the journal: names that the journal does not know, names that the list lacks, and
 * names of the list that have no record. `upTo` is the number up to which the journal was read.
 */
export async function compareNames(
  index: Index,
  { known, listed, told }: KnownNames,
  upTo: number,
  findings: Findings,
  options: Options,
): Promise<void> {
  const wanted = [...listed].sort(compareCodePoints);
  const seen = new Set<string>();
  const before = await index.head(options);
  const total = await readList();
  for (const name of wanted) {
    if (seen.has(name) || told.has(name)) continue;
    const { value: record } = await index.package(name, options);
    // It may have been voided since the journal was read.
    if (!record || listedVersions(record).length === 0) continue;
    findings.add({ kind: 'index-package', package: name, detail: 'it is not in the list' });
  }
  if ((await index.head(options))?.batch !== before?.batch) return;
  const excused = wanted.filter((name) => told.has(name) && !seen.has(name)).length;
  const without = total - seen.size - excused;
  if (without <= 0) return;
  findings.add({ kind: 'index-extra', detail: `${without} names of the list have no record` });

  /** Goes through the pages, and gives how many names the list has. */
  async function readList(): Promise<number> {
    let total = 0;
    let limit = packagesPageMax;
    for (let after: PackageName | undefined; ; ) {
      const page = { limit, ...(after === undefined ? {} : { after }) };
      const unread = createFindings();
      const read = await readIndex(index, unread, { kind: 'index-extra' }, options, () =>
        index.packages(page, options),
      );
      if (!read && limit > 1) {
        // One of them can't be read: it is looked for one by one.
        limit = 1;
        continue;
      }
      if (read) {
        total = read.value.total;
        const last = take(read.value.records);
        // A name without a record is passed over, so a short page is not the last one.
        const isFurther = last !== undefined && (!after || compareCodePoints(last, after) > 0);
        if (!isFurther && seen.size >= total) return total;
        after = isFurther ? last : nextName(after);
      } else {
        const name = nextName(after);
        const [finding] = unread.list();
        if (name === undefined) findings.add({ kind: 'index-extra', ...finding });
        else if (!told.has(name))
          findings.add({ ...finding, kind: 'index-package', package: name });
        if (name !== undefined) seen.add(name);
        limit = packagesPageMax;
        after = name;
      }
      if (after === undefined) return total;
    }
  }

  function take(records: readonly { name: PackageName; createdSequence: number }[]) {
    for (const { name, createdSequence } of records) {
      if (seen.has(name)) continue;
      seen.add(name);
      if (!known.has(name) && createdSequence <= upTo)
        findings.add({ kind: 'index-extra', package: name });
    }
    return records.at(-1)?.name;
  }

  /** The name that the journal would have listed next. */
  function nextName(after: PackageName | undefined): PackageName | undefined {
    if (after === undefined) return wanted[0];
    let low = 0;
    for (let high = wanted.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (compareCodePoints(wanted[middle] as string, after) > 0) high = middle;
      else low = middle + 1;
    }
    return wanted[low];
  }
}
