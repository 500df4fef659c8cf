import { grownTo } from './search-arrays.ts';
import type { Facts } from './search-facts.ts';
import type { Condition } from './search-filters.ts';
import { bodyOf, fieldOf, fields, headOf, type Postings, slotOf } from './search-postings.ts';
import type { PackageTable } from './search-table.ts';

/** Which slots fulfil conditions. */
export type Sieve = {
  /** From here on `passes` speaks of these conditions, and of words that a package must not have. */
  set(conditions: readonly Condition[], excluded: readonly string[]): void;
  passes(slot: number): boolean;
};

const failed = 0xff;
const ofReadme = fields.indexOf('readme');

export function openSieve(table: PackageTable, facts: Facts, postings: Postings): Sieve {
  /** How many conditions a slot fulfils, of those so far. */
  let passed = new Uint8Array();
  let count = 0;

  return {
    set(conditions, excluded) {
      passed = grownTo(passed, table.end);
      passed.fill(0, 0, table.end);
      count = 0;
      for (const condition of conditions) {
        const { isExcluded } = condition;
        if ('facts' in condition) for (const fact of condition.facts) takeFact(fact, isExcluded);
        else takePeriod(condition.updated, isExcluded);
        if (!isExcluded) count += 1;
      }
      for (const word of excluded) takeWord(word);
    },
    passes: (slot) => passed[slot] === count,
  };

  function takeFact(text: string, isExcluded: boolean) {
    const fact = facts.find(text);
    if (fact === undefined) return;
    for (const slot of facts.holders.values(fact)) take(slot, isExcluded);
  }

  function takePeriod({ from, until }: { from: number; until: number }, isExcluded: boolean) {
    const { updatedAt } = table.columns;
    for (let slot = 0; slot < table.end; slot += 1) {
      if (updatedAt[slot]! >= from && updatedAt[slot]! < until) take(slot, isExcluded);
    }
  }

  /** A README may name a word for any reason: it counts there for finding, not for leaving out. */
  function takeWord(word: string) {
    const number = postings.dictionary.find(word);
    if (number === undefined) return;
    for (const list of [headOf(number), bodyOf(number)]) {
      for (const cell of postings.lists.values(list)) {
        if (fieldOf(cell) !== ofReadme) take(slotOf(cell), true);
      }
    }
  }

  function take(slot: number, isExcluded: boolean) {
    if (isExcluded) passed[slot] = failed;
    else if (passed[slot] === count) passed[slot] = count + 1;
  }
}
