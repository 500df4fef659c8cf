import { VitteError } from '../core/errors.ts';
import type { ByteRange } from './port.ts';

/** Bytes `start` to `end` of a blob, `end` not included. */
export type Span = { start: number; end: number };

/**
 * The part of a blob of `size` bytes that a range means, all of it without one; a `last` behind the end is taken
 * to the end, as in HTTP. Throws PKG_E_RANGE for a range that begins behind the end or is none.
 */
export function spanOf(range: ByteRange | undefined, size: number): Span {
  if (range === undefined) return { start: 0, end: size };
  const { first, last = size - 1 } = range;
  const whole = Number.isSafeInteger(first) && Number.isSafeInteger(last);
  if (!whole || first < 0 || last < first || first >= size) {
    throw new VitteError('PKG_E_RANGE', `bytes ${first}-${last} do not lie within ${size} bytes`, {
      data: { size },
    });
  }
  return { start: first, end: Math.min(last + 1, size) };
}
