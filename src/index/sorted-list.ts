/** Items in order, each once by its place in the order. Adding many and reading later costs one sort. */
export type SortedList<T> = {
  readonly size: number;
  /** Adds an item; none that compares equal may be in the list. */
  add(item: T): void;
  /** Removes the item that compares equal, if there is one. */
  delete(item: T): void;
  /** Items from the first that is `past`: false up to one place of the order, true behind it. */
  from(past: (item: T) => boolean, limit: number): T[];
  /** How many items are not `past`. */
  countUntil(past: (item: T) => boolean): number;
};

/** Up to so many new items are put in one by one: moving the rest is cheaper than sorting all again. */
const insertsMax = 32;

export function openSortedList<T>(compare: (a: T, b: T) => number): SortedList<T> {
  let items: T[] = [];
  let added: T[] = [];
  return {
    get size() {
      return items.length + added.length;
    },
    add: (item) => void added.push(item),
    delete(item) {
      settle();
      const place = placeOf((other) => compare(other, item) >= 0);
      const found = items[place];
      if (found !== undefined && compare(found, item) === 0) items.splice(place, 1);
    },
    from(past, limit) {
      settle();
      const place = placeOf(past);
      return items.slice(place, place + limit);
    },
    countUntil(past) {
      settle();
      return placeOf(past);
    },
  };

  function settle() {
    if (added.length > insertsMax) items = items.concat(added).sort(compare);
    else added.forEach(insert);
    added = [];
  }

  function insert(item: T) {
    const place = placeOf((other) => compare(other, item) > 0);
    items.splice(place, 0, item);
  }

  /** Index of the first item that is past, or the end. */
  function placeOf(past: (item: T) => boolean): number {
    let low = 0;
    let high = items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (past(items[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
