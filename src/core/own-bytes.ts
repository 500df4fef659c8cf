/**
 * The same bytes in memory of their own, for what is kept: a small Buffer is most often a piece of a larger one, 8 KiB
 * of Node's pool or what a stream was given to write to, and holds all of that for as long as it is held itself.
 */
export function ownBytes(bytes: Uint8Array): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  return own;
}
