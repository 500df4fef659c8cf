import { VitteError } from '../core/errors.ts';
import type { ByteRange } from './port.ts';

export type ResolvedRange = Required<ByteRange>;

/**
 * The one range that a request asks for of `size` bytes, or undefined where the whole is the answer: no header,
 * another unit than bytes, or several ranges, which RFC 9110 (14.2) lets a server pass over. Throws PKG_E_RANGE
 * for a range that can't be read or that the bytes don't have.
 */
export function parseRange(header: string | undefined, size: number): ResolvedRange | undefined {
  const set = /^bytes=(.*)$/i.exec(header?.trim() ?? '')?.[1];
  if (set === undefined || set.includes(',')) return undefined;
  const [, first = '', last = ''] = /^\s*(\d*)-(\d*)\s*$/.exec(set) ?? [];
  if (first === '' && last === '') throw rangeError('can not be read', size);
  const range = first === '' ? suffix(Number(last), size) : fromTo(first, last, size);
  if (range.first >= size || range.last < range.first) throw rangeError('is not satisfiable', size);
  return range;
}

function suffix(bytes: number, size: number): ResolvedRange {
  return { first: bytes === 0 ? size : Math.max(0, size - bytes), last: size - 1 };
}

function fromTo(first: string, last: string, size: number): ResolvedRange {
  if (last !== '' && Number(last) < Number(first)) throw rangeError('ends before it begins', size);
  return { first: Number(first), last: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

function rangeError(why: string, size: number) {
  return new VitteError('PKG_E_RANGE', `the range asked for ${why}; there are ${size} bytes`, {
    data: { size },
  });
}
