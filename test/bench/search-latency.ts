import { longPairsMax } from './pairs.ts';
import { type Figure, type Row, spreadOf } from './row.ts';
import { benchSearch } from './search.ts';

/** What the page holds to a number; the other kinds are shown beside them. */
const heldKinds = /^(?:prefix|one typo)/;
const msMax = 10;

export const row: Row = {
  name: 'search-latency',
  heldTo: '100,000 packages, prefix and typo: 99th percentile under 10 ms',
  async run({ full, pairs, say }) {
    const packages = full ? 100_000 : 10_000;
    const count = Math.min(pairs, longPairsMax);
    say(`${packages} packages, taken in anew for each of ${count} rounds`);
    const rounds = Array.from({ length: count }, (_, seed) => benchSearch({ packages, seed }));
    return rounds[0]!.rows.map(({ kind }, at): Figure => {
      const worst = rounds.map(({ rows }) => percentile(rows[at]!.ms, 0.99));
      return {
        pair: `${packages} packages, ${kind}, 99th percentile`,
        unit: 'ms',
        value: spreadOf(worst),
        ...(heldKinds.test(kind) ? { held: { atMost: msMax } } : {}),
        bound:
          'the search alone, in process: reading the lists of the words that match, and ranking',
      };
    });
  },
};

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
