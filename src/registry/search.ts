import { VitteError } from '../core/errors.ts';
import { summary } from './list.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, PackagePage } from './port.ts';

/** Filters of the search to come: taken as words they would find nothing and say so wrongly. */
const filterForm = /\b(?:kind|license|depends|owner|keyword|namespace|updated):/;

/** Packages that a text finds, best first, `limit` of them after the first `offset`. Throws PKG_E_REQUEST for a filter. */
export async function search(
  parts: Parts,
  query: { text: string; limit: number; offset: number; namespace?: string },
  context: CallContext,
): Promise<Answer<PackagePage>> {
  const filter = filterForm.exec(query.text)?.[0];
  if (filter !== undefined) {
    throw new VitteError('PKG_E_REQUEST', `this release has no search filters (${filter})`, {
      help: 'search for words; namespace=NS narrows to a namespace',
    });
  }
  // The index must be as new as the caller asks for before the search follows it.
  const { sequence } = await parts.reader.read((index, options) => index.store(options), context);
  await parts.searchFollower.follow();
  const { hits, total } = parts.search.search(query);
  const packages = [];
  for (const { name, score } of hits) {
    const { value: record } = await parts.index.package(name);
    const row = record && summary(record);
    if (row) packages.push({ ...row, score });
  }
  const end = query.offset + hits.length;
  const next = end < total && hits.length > 0 ? String(end) : undefined;
  return { sequence, value: { packages, total, next } };
}
