import { type Figure, type Spread, spreadOf } from './row.ts';

export type Pairs = { ratio: Spread; ours: Spread; peer: Spread };

/** Of measurements that take a minute each no more are taken, also of a whole run. */
export const longPairsMax = 5;

/** One side: does its work once and gives what was measured. `round` is 0 for the one that only warms up. */
export type Side = (round: number) => Promise<number>;

/**
 * Measures two sides in turn, A B A B, so that whatever else the machine does meets both; the ratio is that of each
 * pair. The first pair only warms up.
 */
export async function inPairs(count: number, ours: Side, peer: Side): Promise<Pairs> {
  const [pairs] = await inTurns(count, ours, [peer]);
  return pairs!;
}

/** The same with more than one peer, A B C A B C; gives the pairs of ours with each of them. */
export async function inTurns(count: number, ours: Side, peers: readonly Side[]): Promise<Pairs[]> {
  const rounds: { ours: number; peers: number[] }[] = [];
  for (let round = 0; round <= count; round += 1) {
    const row = { ours: await ours(round), peers: [] as number[] };
    for (const peer of peers) row.peers.push(await peer(round));
    if (round > 0) rounds.push(row);
  }
  return peers.map((_, at) => ({
    ratio: spreadOf(rounds.map((row) => row.ours / row.peers[at]!)),
    ours: spreadOf(rounds.map((row) => row.ours)),
    peer: spreadOf(rounds.map((row) => row.peers[at]!)),
  }));
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
