import type { Facets } from './search-facets.ts';
import type { Facts } from './search-facts.ts';
import type { Names } from './search-names.ts';
import type { Postings } from './search-postings.ts';
import type { PackageTable } from './search-table.ts';

/** What a search consists of. All of them know a package by the slot that the table gives it. */
export type SearchParts = {
  table: PackageTable;
  postings: Postings;
  names: Names;
  facts: Facts;
  facets: Facets;
};
