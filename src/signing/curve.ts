// The checks on encoded curve points that make verification strict. A point is 32 bytes: y, little-endian, and
// the sign of x in the highest bit. https://www.rfc-editor.org/rfc/rfc8032#section-5.1.2

/** The canonical encodings, sign bit cleared, of the eight points whose order divides 8. */
const lowOrder: ReadonlySet<string> = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000', // order 1
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // order 2
  '0000000000000000000000000000000000000000000000000000000000000000', // order 4, both signs
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', // order 8, both signs
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', // order 8, both signs
]);

/**
 * True for an encoding that an honest signer can have made: 32 bytes, y below 2^255 − 19 (one encoding for one
 * point) and not of low order (such a key signs every message). Does not tell whether the point is on the curve.
 */
export function isStrictPoint(bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false;
  const y = Buffer.from(bytes);
  y[31]! &= 0x7f;
  return isBelowPrime(y) && !lowOrder.has(y.toString('hex'));
}

/** y < 2^255 − 19, whose bytes are ed ff … ff 7f. */
function isBelowPrime(y: Buffer): boolean {
  return y[31] !== 0x7f || y.subarray(1, 31).some((byte) => byte !== 0xff) || y[0]! < 0xed;
}
