import { bestOf } from './best.ts';
import { type Facts, openFacts } from './search-facts.ts';
import { type Facet, type FacetName, facetNames } from './search-port.ts';

/** The values that packages have, by facet. */
export type Facets = {
  put(slot: number, tags: readonly { facet: FacetName; value: string }[]): void;
  /** How often the values of these facets stand among the first `count` hits. */
  count(
    hits: Int32Array,
    count: number,
    asked: readonly FacetName[],
  ): Partial<Record<FacetName, Facet>>;
  readonly bytes: number;
};

const facetValuesMax = 20;

export function openFacets(): Facets {
  const values = new Map(facetNames.map((facet) => [facet, openFacts({ withHolders: false })]));
  // A counter for each value, used again by each call, which clears those that it counted.
  let counts = new Int32Array();

  return {
    put(slot, tags) {
      for (const [facet, facts] of values) {
        facts.put(
          slot,
          tags.filter((tag) => tag.facet === facet).map(({ value }) => value),
        );
      }
    },
    count(hits, count, asked) {
      const facets: Partial<Record<FacetName, Facet>> = {};
      for (const facet of asked) facets[facet] = countValues(values.get(facet)!, hits, count);
      return facets;
    },
    get bytes() {
      return counts.byteLength + [...values.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    },
  };

  function countValues({ held, textOf, end }: Facts, hits: Int32Array, count: number): Facet {
    if (counts.length < end) counts = new Int32Array(2 * end);
    const { cells, starts, sizes } = held;
    const counted = counts;
    const met: number[] = [];
    for (let at = 0; at < count; at += 1) {
      const start = starts[hits[at]!] ?? 0;
      const stop = start + (sizes[hits[at]!] ?? 0);
      for (let place = start; place < stop; place += 1) {
        const value = cells[place]!;
        if (counted[value] === 0) met.push(value);
        counted[value]! += 1;
      }
    }
    const best = bestOf(met, facetValuesMax, (a, b) => {
      return counts[b]! - counts[a]! || (textOf(a) < textOf(b) ? -1 : 1);
    });
    const facet = best.map((value) => ({ value: textOf(value), count: counts[value]! }));
    for (const value of met) counts[value] = 0;
    return facet;
  }
}
