// Typed arrays that grow.

type Numbers = Int32Array | Uint32Array | Uint16Array | Uint8Array | Float64Array;

/** From this length on an array grows by an eighth instead of a half: what is not used counts. */
const longLength = 1_000_000;

/** The array itself if it has this many places, else a longer copy, with room for more. */
export function grownTo<T extends Numbers>(array: T, length: number): T {
  if (array.length >= length) return array;
  const more = array.length >> (array.length < longLength ? 1 : 3);
  const Same = array.constructor as new (length: number) => T;
  const longer = new Same(Math.max(length, array.length + more));
  longer.set(array);
  return longer;
}
