import { type Figure, type Spread, spreadOf } from './row.ts';

export type Pairs = { ratio: Spread; ours: Spread; peer: Spread };

/**
 * Measures two sides in turn, A B A B, so that whatever else the machine does meets both; the ratio is that of each
 * pair. The first pair only warms up.
 */
export async function inPairs(
  count: number,
  ours: (round: number) => Promise<number>,
  peer: (round: number) => Promise<number>,
): Promise<Pairs> {
  const rounds: { ours: number; peer: number }[] = [];
  for (let round = 0; round <= count; round += 1) {
    const row = { ours: await ours(round), peer: await peer(round) };
    if (round > 0) rounds.push(row);
  }
  return {
    ratio: spreadOf(rounds.map((row) => row.ours / row.peer)),
    ours: spreadOf(rounds.map((row) => row.ours)),
    peer: spreadOf(rounds.map((row) => row.peer)),
  };
}

/** The figure of a pair. `unit` is that of each side. */
export function figureOf(
  pairs: Pairs,
  unit: string,
  figure: Pick<Figure, 'pair' | 'held' | 'bound'>,
): Figure {
  const { ratio, ours, peer } = pairs;
  return { ...figure, unit: '×', value: ratio, sides: { unit, ours, peer } };
}
