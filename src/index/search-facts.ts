// What is said of packages in so many words, rather than written of them: what filters ask for, and what facets count.
import { grownTo } from './search-arrays.ts';
import { type Lists, openLists } from './search-lists.ts';

/** Texts by number, each counted by who holds it; the number of one that nobody holds is given again. */
export type Facts = {
  find(text: string): number | undefined;
  textOf(fact: number): string;
  /** Above every number. */
  readonly end: number;
  /** Slots of the packages that hold a fact, by its number; packages' facts, by slot. */
  readonly holders: Lists;
  readonly held: Lists;
  /** Puts these, each once, in the place of what a package held. */
  put(slot: number, texts: readonly string[]): void;
  readonly bytes: number;
};

/** What a text takes beside its characters, with its places in a list and a map. */
const textBytes = 80;

/** `withHolders`: false where nobody asks who holds a fact. */
export function openFacts({ withHolders }: { withHolders: boolean }): Facts {
  const numbers = new Map<string, number>();
  const texts: string[] = [];
  const unused: number[] = [];
  let uses = new Int32Array(1_024);
  let chars = 0;
  const holders = openLists();
  const held = openLists();

  return {
    find: (text) => numbers.get(text),
    textOf: (fact) => texts[fact]!,
    get end() {
      return texts.length;
    },
    holders,
    held,
    put(slot, wanted) {
      const left = new Set(held.values(slot));
      const added = wanted.filter((text) => {
        const fact = numbers.get(text);
        return fact === undefined || !left.delete(fact);
      });
      for (const fact of left) {
        held.remove(slot, fact);
        if (withHolders) holders.remove(fact, slot);
        release(fact);
      }
      for (const text of added) {
        const fact = numbers.get(text) ?? add(text);
        uses[fact]! += 1;
        held.add(slot, fact);
        if (withHolders) holders.add(fact, slot);
      }
    },
    get bytes() {
      return holders.bytes + held.bytes + uses.byteLength + chars + texts.length * textBytes;
    },
  };

  function add(text: string): number {
    const fact = unused.pop() ?? texts.length;
    texts[fact] = text;
    numbers.set(text, fact);
    uses = grownTo(uses, fact + 1);
    chars += text.length;
    return fact;
  }

  function release(fact: number) {
    uses[fact]! -= 1;
    if (uses[fact]! > 0) return;
    chars -= texts[fact]!.length;
    numbers.delete(texts[fact]!);
    texts[fact] = '';
    unused.push(fact);
  }
}
