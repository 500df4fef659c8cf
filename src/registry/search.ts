import { summary } from './list.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, PackagePage } from './port.ts';

/** Packages that a text finds, best first, `limit` of them after the first `offset`. */
export async function search(
  parts: Parts,
  query: { text: string; limit: number; offset: number; namespace?: string },
  context: CallContext,
): Promise<Answer<PackagePage>> {
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
