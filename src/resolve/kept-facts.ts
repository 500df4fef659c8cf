// What a thread keeps of the facts that were sent to it, as the other side of the line knows it.
import type { PackageFacts } from './port.ts';
import type { SentFacts } from './worker-messages.ts';

/** Packages of which a thread keeps the facts. */
const keptMax = 20_000;

export type KeptFacts = {
  /** Facts as they are to be sent: whole the first time, by their number as long as the thread keeps them. */
  sent(facts: PackageFacts | undefined): SentFacts;
};

/** Of a new thread, which keeps nothing yet, and later so many versions of all packages together. */
export function openKeptFacts(versionsMax: number): KeptFacts {
  const numbers = new WeakMap<PackageFacts, number>();
  /** By number: how many versions they have; those used longest ago first. */
  const kept = new Map<number, number>();
  let versions = 0;
  let lastNumber = 0;

  return {
    sent(facts) {
      if (!facts) return null;
      const number = numbers.get(facts) ?? ++lastNumber;
      numbers.set(facts, number);
      const known = kept.get(number);
      if (known !== undefined) {
        kept.delete(number);
        kept.set(number, known);
        return { number };
      }
      const { length } = facts.versions;
      kept.set(number, length);
      versions += length;
      const forget = tooMany();
      return { number, facts, ...(forget.length > 0 ? { forget } : {}) };
    },
  };

  /** What is to be forgotten for this; the last one stays, however large. */
  function tooMany(): number[] {
    const forget: number[] = [];
    for (const [number, length] of kept) {
      const fits = versions <= versionsMax && kept.size <= keptMax;
      if (fits || kept.size === 1) break;
      kept.delete(number);
      versions -= length;
      forget.push(number);
    }
    return forget;
  }
}
