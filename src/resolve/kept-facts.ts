// What a thread keeps of the facts that were sent to it, as the other side of the line knows it.
import type { PackageFacts } from './port.ts';
import type { SentFacts } from './worker-messages.ts';

/** Packages of which a thread keeps the facts. */
const keptMax = 20_000;
/** What a version takes with all that is computed from it, and each dependency and each entry of a feature of it. */
const versionBytes = 2_048;
const rowBytes = 512;

export type KeptFacts = {
  /** Facts as they are to be sent: whole the first time, by their number as long as the thread keeps them. */
  sent(facts: PackageFacts | undefined): SentFacts;
};

/** Of a new thread, which keeps nothing yet, and later so many bytes, as near as it can be told. */
export function openKeptFacts(bytesMax: number): KeptFacts {
  const numbers = new WeakMap<PackageFacts, number>();
  /** By number: how many bytes they take; those used longest ago first. */
  const kept = new Map<number, number>();
  let bytes = 0;
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
      const size = bytesOf(facts);
      kept.set(number, size);
      bytes += size;
      const forget = tooMany();
      return { number, facts, ...(forget.length > 0 ? { forget } : {}) };
    },
  };

  /** What is to be forgotten for this; the last one stays, however large. */
  function tooMany(): number[] {
    const forget: number[] = [];
    for (const [number, size] of kept) {
      const fits = bytes <= bytesMax && kept.size <= keptMax;
      if (fits || kept.size === 1) break;
      kept.delete(number);
      bytes -= size;
      forget.push(number);
    }
    return forget;
  }
}

function bytesOf({ versions }: PackageFacts): number {
  let rows = 0;
  for (const { dependencies = [], features = {} } of versions) {
    rows += dependencies.length;
    for (const entries of Object.values(features)) rows += entries.length + 1;
  }
  return versions.length * versionBytes + rows * rowBytes;
}
