// Many small lists of numbers in one array: a list of its own object would cost more than what stands in it.
import { grownTo } from './search-arrays.ts';

export type Lists = {
  /** Where the values of all lists stand; another array after an `add`. */
  readonly cells: Int32Array;
  /** By list: the place of its first value in `cells`, and how many it has. Others after an `add`, too. */
  readonly starts: Int32Array;
  readonly sizes: Int32Array;
  /** Lists are numbered from 0 by the caller; each begins empty. */
  size(list: number): number;
  /** A list's values, as they stand until the next change. */
  values(list: number): Int32Array;
  add(list: number, value: number): void;
  /** Removes a value that is in the list once; the others may change their order. */
  remove(list: number, value: number): void;
  /** Makes the list empty and gives back its room. */
  empty(list: number): void;
  readonly bytes: number;
};

/** Rooms have 1, 2, 4, … places: this many sizes. */
const roomSizes = 28;

export function openLists(): Lists {
  let cells = new Int32Array(1_024);
  let cellsEnd = 0;
  let starts = new Int32Array(1_024);
  let sizes = new Int32Array(1_024);
  // Rooms that were given back, by size: the first one here, each one's first cell tells the next.
  const freed = new Int32Array(roomSizes).fill(-1);

  return {
    get cells() {
      return cells;
    },
    get starts() {
      return starts;
    },
    get sizes() {
      return sizes;
    },
    size: (list) => sizes[list] ?? 0,
    values(list) {
      const start = starts[list] ?? 0;
      return cells.subarray(start, start + (sizes[list] ?? 0));
    },
    add(list, value) {
      if (list + 1 >= sizes.length) {
        starts = grownTo(starts, list + 2); // the next one, too: lists come in pairs
        sizes = grownTo(sizes, list + 2);
      }
      const size = sizes[list]!;
      // A list with 1, 2, 4, … values has filled its room.
      if ((size & (size - 1)) === 0) move(list, size, size === 0 ? 1 : 2 * size);
      cells[starts[list]! + size] = value;
      sizes[list] = size + 1;
    },
    remove(list, value) {
      const size = sizes[list] ?? 0;
      const start = starts[list] ?? 0;
      const place = cells.subarray(start, start + size).indexOf(value);
      if (place < 0) return;
      const rest = size - 1;
      cells[start + place] = cells[start + rest]!;
      sizes[list] = rest;
      if (rest === 0) giveBack(start, 1);
      // `add` takes a room of just this many places for full.
      else if ((rest & (rest - 1)) === 0) move(list, rest, rest, 2 * rest);
    },
    empty(list) {
      const size = sizes[list] ?? 0;
      if (size > 0) giveBack(starts[list]!, roomFor(size));
      if (size > 0) sizes[list] = 0;
    },
    get bytes() {
      return cells.byteLength + starts.byteLength + sizes.byteLength;
    },
  };

  /** Gives a list a room of another size. */
  function move(list: number, size: number, places: number, placesBefore = size) {
    const before = starts[list]!;
    const start = take(places);
    cells.copyWithin(start, before, before + size);
    if (placesBefore > 0) giveBack(before, placesBefore);
    starts[list] = start;
  }

  function take(places: number): number {
    const kind = 31 - Math.clz32(places);
    const free = freed[kind]!;
    if (free >= 0) {
      freed[kind] = cells[free]!;
      return free;
    }
    const start = cellsEnd;
    cellsEnd += places;
    cells = grownTo(cells, cellsEnd);
    return start;
  }

  function giveBack(start: number, places: number) {
    const kind = 31 - Math.clz32(places);
    cells[start] = freed[kind]!;
    freed[kind] = start;
  }
}

/** Places of the room that a list of this size stands in. */
function roomFor(size: number): number {
  return 1 << (32 - Math.clz32(size - 1));
}
