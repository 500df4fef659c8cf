// Whole names of packages, looked up by their beginnings.
import { type PackageName, splitName } from '../core/name.ts';
import { grownTo } from './search-arrays.ts';
import { tiers } from './search-order.ts';
import { endOf, openSorted } from './search-sorted.ts';

export type Names = {
  /** Adds the name of a package that has none here. */
  add(slot: number, name: PackageName): void;
  remove(slot: number): void;
  /**
   * By slot, below `slotsEnd`: the tier of packages whose name, with `-` for `/`, or whose name without its namespace
   * begins so; 0 for all others. Until the next call.
   */
  tiersOf(slug: string, slotsEnd: number): Uint8Array;
  readonly bytes: number;
};

/** What two strings take beside their characters. */
const namesBytes = 80;

export function openNames(): Names {
  /** Two places for each package: its name, and where it has a namespace, the name without. */
  const texts: string[] = [];
  let lengths = new Uint8Array();
  const sorted = openSorted((place) => texts[place]!);
  let found = new Uint8Array();
  let chars = 0;

  return {
    add(slot, name) {
      const { namespace, local } = splitName(name);
      put(2 * slot, name.replace('/', '-'));
      put(2 * slot + 1, namespace === undefined ? '' : local);
    },
    remove(slot) {
      for (const place of [2 * slot, 2 * slot + 1]) {
        if (!texts[place]) continue;
        sorted.remove(place);
        chars -= texts[place].length;
        texts[place] = '';
      }
    },
    tiersOf(slug, slotsEnd) {
      found = grownTo(found, slotsEnd);
      found.fill(0, 0, slotsEnd);
      if (slug !== '') for (const order of sorted.orders()) takeAll(order, slug, found);
      return found;
    },
    get bytes() {
      return sorted.bytes + found.byteLength + chars + (texts.length / 2) * namesBytes;
    },
  };

  function put(place: number, text: string) {
    texts[place] = text;
    lengths = grownTo(lengths, place + 1);
    lengths[place] = text.length;
    chars += text.length;
    if (text !== '') sorted.add(place);
  }

  function takeAll(order: ArrayLike<number>, slug: string, bySlot: Uint8Array) {
    const chars = lengths;
    const { length } = slug;
    const end = sorted.place(order, endOf(slug));
    for (let at = sorted.place(order, slug); at < end; at += 1) {
      const place = order[at]!;
      const tier = chars[place] === length ? tiers.sameName : tiers.nameBegins;
      if (tier > bySlot[place >> 1]!) bySlot[place >> 1] = tier;
    }
  }
}
