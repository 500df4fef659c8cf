import type { FacetName, SearchSort } from '../index/search-port.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, PackagePage } from './port.ts';

export type SearchQuery = {
  /** Words and filters; blank finds every package. */
  text: string;
  namespace?: string;
  /** Best first where it is absent. */
  sort?: SearchSort;
  facets?: readonly FacetName[];
  /** 1 to 1,000. */
  limit: number;
  /** `next` of the page before. */
  after?: string;
};

/** How long a search waits for what the index has and it has not. */
const followMsMax = 5_000;

/**
 * Packages that words and filters find. Throws PKG_E_SEARCH_FILTER for a filter that is not known, PKG_E_REQUEST for an
 * `after` that no page gave, PKG_E_INDEX_UNAVAILABLE while the index is still being read.
 */
export async function search(
  parts: Parts,
  query: SearchQuery,
  context: CallContext,
): Promise<Answer<PackagePage>> {
  const options = context.signal ? { signal: context.signal } : {};
  // The index must be as new as the caller asks for before the search follows it.
  const { sequence } = await parts.reader.read((index, options) => index.store(options), context);
  await parts.searchFollower.follow({ until: sequence, timeoutMs: followMsMax, ...options });
  const { hits, total, next, facets } = parts.search.search(query);
  const packages = hits.map(({ row, ...found }) => ({ ...row, ...found }));
  return { sequence, value: { packages, total, next, ...(facets ? { facets } : {}) } };
}
