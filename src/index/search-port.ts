// Search: in process, in each replica, fed by the feed. It follows the index and can be thrown away.

import type { PackageName } from '../core/name.ts';
import type { PackageRecord } from './port.ts';

export type SearchHit = { name: PackageName; score: number };

export interface Search {
  /** Puts a package's latest state in the place of what stood there; one without listed versions is removed. */
  put(record: PackageRecord): void;
  clear(): void;
  /**
   * Hits, best first, ties by name. Exact name first, then prefix, words of the name, keywords, description;
   * typos of one letter in words of 4, two in words of 8. The empty query hits nothing. `total` counts all.
   */
  search(query: { text: string; limit: number; offset: number }): {
    hits: SearchHit[];
    total: number;
  };
}
