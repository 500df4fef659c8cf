import type { PackageRow, PackagesAnswer } from '../client/port.ts';
import type { Invocation } from './command.ts';
import { usageError } from './spoken-error.ts';

/** Most rows that --limit takes; all of a large registry. */
export const limitMax = 1_000_000;
const pageRows = 100;

/** The number that --limit gives. Throws PKG_E_COMMAND. */
export function limitOf({ options, messages }: Invocation): number | undefined {
  const text = options.text('limit');
  if (text === undefined) return undefined;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > limitMax)
    throw usageError(messages.usage.badNumber('--limit', limitMax));
  return limit;
}

export type Listing = Pick<PackagesAnswer, 'packages' | 'total' | 'facets'>;

/** Reads pages until there are `limit` rows or no more. */
export async function readListing(
  limit: number,
  page: (place: { limit: number; cursor: string | undefined }) => Promise<PackagesAnswer>,
): Promise<Listing> {
  const packages: PackageRow[] = [];
  let facets: PackagesAnswer['facets'];
  let cursor: string | undefined;
  for (;;) {
    const rows = Math.min(pageRows, limit - packages.length);
    const answer = await page({ limit: rows, cursor });
    packages.push(...answer.packages.slice(0, rows));
    facets ??= answer.facets;
    const { total, next } = answer;
    // A page that brings nothing and names another would lead on for ever.
    if (next === undefined || packages.length >= limit || answer.packages.length === 0) {
      return { packages, total, facets };
    }
    cursor = next;
  }
}

/** Prints rows of name, version and description, for people also how many there are of each value, or how many more. */
export async function printListing(
  { output, messages }: Invocation,
  schema: string,
  { packages, total, facets }: Listing,
  empty: string,
): Promise<void> {
  const { table, list } = messages;
  await output.answer({ schema, packages, total, facets }, (paper) => {
    if (packages.length === 0 && paper.forPeople) return paper.line(empty);
    paper.table(
      [table.name, table.version, table.description],
      packages.map(({ name, version, description = '' }) => [name, version, description]),
    );
    if (!paper.forPeople) return;
    for (const [facet, values] of Object.entries(facets ?? {})) {
      if (!values || values.length === 0) continue;
      paper.title(facet);
      for (const { value, count } of values) paper.line(`  ${value} (${count})`);
    }
  });
  const count = total - packages.length;
  if (count > 0 && !output.json) output.note(list.more({ count }));
}
