// Search: in process, in each replica, fed by the feed. It follows the index and can be thrown away.
import type { Digest } from '../core/digest.ts';
import type { PackageName } from '../core/name.ts';
import type { PackageRow } from './package-row.ts';
import type { PackageRecord } from './port.ts';

export const searchSorts = ['relevance', 'name', 'updated', 'created', 'downloads'] as const;
export type SearchSort = (typeof searchSorts)[number];
export const facetNames = ['kind', 'license', 'keyword', 'namespace'] as const;
export type FacetName = (typeof facetNames)[number];

/** The filters that a query's text may hold, as `filter:value`. */
export const searchFilters = [
  'kind',
  'license',
  'depends',
  'owner',
  'namespace',
  'keyword',
  'updated',
] as const;
export type SearchFilter = (typeof searchFilters)[number];

export type SearchRequest = {
  /** Words and filters; blank text finds every package. */
  text: string;
  /** Only packages of this namespace. */
  namespace?: string;
  /** `relevance` where it is absent: best first. Else by name; newest first; most downloads first. Ties by name. */
  sort?: SearchSort;
  limit: number;
  /** `next` of the page before; all else but `limit` and `facets` must be the same. */
  after?: string;
  facets?: readonly FacetName[];
};

/** Where a text meets the query: places in UTF-16 code units, as JavaScript counts, `[from, to)`, in order. */
export type TextRange = [from: number, to: number];
export type Highlights = { name?: TextRange[]; description?: TextRange[] };

/**
 * A score depends on the query and the package alone, so every replica orders alike; it compares within one query.
 * It is absent where the query has no words.
 */
export type SearchHit = { row: PackageRow; score?: number; highlights?: Highlights };

/** How many hits have a value, the most frequent ones first, at most 20. */
export type Facet = { value: string; count: number }[];

export type SearchPage = {
  hits: SearchHit[];
  /** How many there are on all pages. */
  total: number;
  /** Undefined on the last page. */
  next: string | undefined;
  facets?: Partial<Record<FacetName, Facet>>;
};

export type SearchSize = {
  packages: number;
  /** Different words of all packages. */
  words: number;
  /** What all of it takes, as near as can be told; bounded for each package by what is indexed of it. */
  bytes: number;
};

/** The words of a README, as `readmeText` gives them, by the digest of the whole. */
export type ReadmeText = { name: PackageName; digest: Digest; text: string };

/**
 * Where the words of READMEs lie between starts, so that no replica reads them all from the store again. It may lose
 * them at any time.
 */
export interface ReadmeShelf {
  /** Those that are kept, with these very digests, at most 1,000 at once. */
  get(
    wanted: readonly { name: PackageName; digest: Digest }[],
    options?: { signal?: AbortSignal },
  ): Promise<ReadmeText[]>;
  /** Keeps these, at most 1,000 at once, in the place of what was kept of the same packages. */
  put(texts: readonly ReadmeText[], options?: { signal?: AbortSignal }): Promise<void>;
}

export interface Search {
  /** Puts a package's latest state in the place of what stood there; one without listed versions is removed. */
  put(record: PackageRecord): void;
  /**
   * The README that a package's shown version has and that search lacks; undefined where it lacks none. What was
   * given by `putReadme` is kept as long as the digest is the same.
   */
  lacksReadme(name: PackageName): Digest | undefined;
  /** Takes in the text of a README, by its digest; passed over where the package has another one by now. */
  putReadme(name: PackageName, digest: Digest, text: string): void;
  /** How often a package was downloaded; 0 until it is said. */
  putDownloads(name: PackageName, count: number): void;
  clear(): void;
  /** All packages, in no order. */
  names(): PackageName[];
  size(): SearchSize;

  /**
   * Hits, best first. A hit meets all filters, and every word that counts: whole, by its beginning, in the other
   * number, or, below all others, with one typo in words of 4 letters, two in words of 8. Typos are looked for where
   * fewer than 10 packages meet the words as they were typed; where no package meets all words, hits are those that
   * meet the most. Case, accents and punctuation do not count; `vittemath` is `vitte-math`.
   *
   * The order: the exact name, then but for its punctuation or namespace, names that begin so, then all else, by
   * where the words stand: words of names, keywords, description, README. Packages of which every version is yanked
   * come last, deprecated ones behind their equals; ties are broken by downloads, then what part of a name was asked
   * for, then freshness, then name. A query of words that are all punctuation hits nothing; of a long one the first
   * 256 characters and 16 words count.
   *
   * Pages follow one another by the place of their last row: what does not change between them comes once. Throws
   * PKG_E_SEARCH_FILTER for a filter that is not known or has no such value, PKG_E_REQUEST for an `after` that no
   * page gave.
   */
  search(request: SearchRequest): SearchPage;
}
