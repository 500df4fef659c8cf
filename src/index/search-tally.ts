import { matchesOf, type WordMatch, type WordTrees } from './search-matches.ts';

/**
 * Adds up by slot what the words of a query meet. Arrays rather than a map of objects: a word such as `v` may
 * meet every package there is. They are used again by the next query.
 */
export type Tally = {
  /**
   * The slots that meet every one of the words; where none does, those that meet the most, and how many that
   * is. `slotsEnd` is above every slot in the trees. `mean` and `least` speak of these slots until the next call.
   */
  meet(words: readonly string[], trees: WordTrees, slotsEnd: number): Met;
  /** Mean of the best match of each word that the slot meets. */
  mean(slot: number): number;
  /** The least of these matches. */
  least(slot: number): number;
};

export type Met = { slots: readonly number[]; words: number };

/** All matches of one word, the best first, and how many slots they name. */
type Matches = { list: WordMatch[]; size: number };

export function openTally(): Tally {
  let best = new Float64Array();
  let sum = new Float64Array();
  let least = new Float64Array();
  let count = new Uint8Array();

  return {
    meet(words, trees, slotsEnd) {
      const matches = words.map((word) => allMatches(word, trees));
      matches.sort((a, b) => a.size - b.size);
      reset(slotsEnd);
      const every = meetEvery(matches);
      if (every.length > 0 || words.length < 2) return { slots: every, words: words.length };
      reset(slotsEnd);
      return meetMost(matches);
    },
    mean: (slot) => sum[slot]! / count[slot]!,
    least: (slot) => least[slot]!,
  };

  /**
   * From the rarest word on: what it does not meet need not be looked at for the others, nor cleared of what
   * they leave behind.
   */
  function meetEvery([rarest, ...others]: Matches[]): number[] {
    let slots = rarest ? spread(rarest) : [];
    slots.forEach(take);
    for (const matches of others) {
      if (slots.length * matches.list.length < matches.size) {
        for (const slot of slots) best[slot] = bestMatch(matches, slot);
      } else spread(matches);
      slots = slots.filter((slot) => best[slot]! > 0);
      slots.forEach(take);
    }
    return slots;
  }

  function meetMost(all: Matches[]): Met {
    const met: number[] = [];
    let most = 0;
    for (const matches of all) {
      for (const slot of spread(matches)) {
        if (count[slot] === 0) met.push(slot);
        take(slot);
        most = Math.max(most, count[slot]!);
      }
    }
    return { slots: met.filter((slot) => count[slot] === most), words: most };
  }

  /** Leaves each slot's best match in `best`; gives the slots that have one. */
  function spread({ list }: Matches): number[] {
    const touched: number[] = [];
    for (const { slots, value } of list) {
      for (const slot of slots) {
        if (best[slot]! > 0) continue;
        best[slot] = value;
        touched.push(slot);
      }
    }
    return touched;
  }

  /** Adds the slot's match in `best` to what it has, and clears the place for the next word. */
  function take(slot: number) {
    const value = best[slot]!;
    least[slot] = count[slot] === 0 ? value : Math.min(least[slot]!, value);
    sum[slot]! += value;
    count[slot]! += 1;
    best[slot] = 0;
  }

  function reset(slotsEnd: number) {
    if (best.length >= slotsEnd) {
      for (const array of [best, sum, least, count]) array.fill(0, 0, slotsEnd);
      return;
    }
    best = new Float64Array(2 * slotsEnd);
    sum = new Float64Array(2 * slotsEnd);
    least = new Float64Array(2 * slotsEnd);
    count = new Uint8Array(2 * slotsEnd);
  }
}

function allMatches(word: string, trees: WordTrees): Matches {
  const list = [...matchesOf(word, trees)].sort((a, b) => b.value - a.value);
  return { list, size: list.reduce((size, { slots }) => size + slots.size, 0) };
}

function bestMatch({ list }: Matches, slot: number): number {
  return list.find(({ slots }) => slots.has(slot))?.value ?? 0;
}
