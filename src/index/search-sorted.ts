// Numbers in the order of the texts that they stand for. Arrays rather than a tree of objects: a query walks tens of
// thousands of them.

export type Sorted = {
  /** All numbers in order, in two lists: most of them, and those that came lately. */
  orders(): readonly [sorted: Int32Array, recent: readonly number[]];
  /** Place in an order of the first text that is not before this one. */
  place(order: ArrayLike<number>, text: string): number;
  /** Adds a number that is not there. `isKept` is asked now and then, of each number, whether it stays. */
  add(number: number, isKept?: (number: number) => boolean): void;
  /** Removes a number whose text is still the same. */
  remove(number: number): void;
  readonly bytes: number;
};

/** So many new numbers, or a sixteenth of all, wait beside the sorted ones before they are sorted in. */
const recentMin = 1_024;
const recentShare = 16;
/** Up to so many of them are put in their place one by one; more are sorted together. */
const insertsMax = 64;
const numberBytes = 8;

/** What stands behind every text that begins so. */
export function endOf(beginning: string): string {
  return `${beginning}\uffff`;
}

export function openSorted(textOf: (number: number) => string): Sorted {
  let sorted = new Int32Array();
  let recent: number[] = [];
  /** Recent ones that are not in their place yet. */
  let added: number[] = [];

  return {
    orders() {
      settle();
      return [sorted, recent];
    },
    place,
    add(number, isKept = () => true) {
      const waiting = recent.length + added.length;
      if (waiting >= Math.max(recentMin, sorted.length / recentShare)) sortIn(isKept);
      added.push(number);
    },
    remove(number) {
      settle();
      const at = placeOf(sorted, number);
      if (at < 0) recent.splice(placeOf(recent, number), 1);
      else sorted = sorted.filter((other) => other !== number);
    },
    get bytes() {
      return sorted.byteLength + recent.length * numberBytes;
    },
  };

  function settle() {
    if (added.length === 0) return;
    if (added.length > insertsMax) recent = inOrder(recent.concat(added));
    else for (const number of added) recent.splice(place(recent, textOf(number)), 0, number);
    added = [];
  }

  function sortIn(isKept: (number: number) => boolean) {
    const later = inOrder(recent.concat(added).filter(isKept));
    const merged = new Int32Array(sorted.length + later.length);
    let count = 0;
    let next = 0;
    for (const number of sorted) {
      if (!isKept(number)) continue;
      while (next < later.length && textOf(later[next]!) < textOf(number)) {
        merged[count++] = later[next++]!;
      }
      merged[count++] = number;
    }
    while (next < later.length) merged[count++] = later[next++]!;
    sorted = merged.slice(0, count);
    recent = [];
    added = [];
  }

  function place(order: ArrayLike<number>, text: string): number {
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (textOf(order[middle]!) < text) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of a number, or -1: others may have the same text. */
  function placeOf(order: ArrayLike<number>, number: number): number {
    const text = textOf(number);
    for (let at = place(order, text); at < order.length && textOf(order[at]!) === text; at += 1) {
      if (order[at] === number) return at;
    }
    return -1;
  }

  function inOrder(numbers: number[]): number[] {
    return numbers.sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
  }
}
