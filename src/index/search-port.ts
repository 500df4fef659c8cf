// Search: in process, in each replica, fed by the feed. It follows the index and can be thrown away.

import type { PackageName } from '../core/name.ts';
import type { PackageRecord } from './port.ts';

/** A score depends on the query and the package alone, so every replica orders alike. It compares within one answer. */
export type SearchHit = { name: PackageName; score: number };

export interface Search {
  /** Puts a package's latest state in the place of what stood there; one without listed versions is removed. */
  put(record: PackageRecord): void;
  clear(): void;
  /**
   * Hits, best first, ties by name. Exact name first (then but for its namespace and punctuation), then what
   * begins a name, then words of the name, keywords, description of the version that the name alone means.
   * Words are met whole, by their beginning, or, below all others, corrected: one typo in words of 4 letters,
   * two in words of 8. Case, accents and punctuation do not count; `vittemath` is `vitte-math`. A hit meets all
   * words; where no package does, hits are those that meet the most. A query without words hits nothing; of a
   * long one the first 256 characters and 16 words count. `total` counts all hits. With `namespace` only packages
   * of that namespace are hits.
   */
  search(query: { text: string; limit: number; offset: number; namespace?: string }): {
    hits: SearchHit[];
    total: number;
  };
}
