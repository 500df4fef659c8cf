import { VitteError } from '../core/errors.ts';
import { truncatedError } from './request-body.ts';

const partHeaderBytesMax = 8 * 1024;
/** RFC 2046 lets text stand before the first part and after the last; nobody needs more of it than this. */
const preambleBytesMax = 1024;
const epilogueBytesMax = 1024;

const emptyLine = Buffer.from('\r\n\r\n');

export type PartScanner = {
  /**
   * Moves on to the next part and gives its header block, which begins with what stood behind the delimiter; or
   * undefined at the end of the body, whose epilogue it reads. The part before must have been read to its end.
   */
  nextHeaders(): Promise<Buffer | undefined>;
  /** The content of the part whose headers came last, piece by piece as it arrives. */
  body(): AsyncGenerator<Uint8Array, void, undefined>;
  /** Lets go of the source, wherever it stands. */
  leave(): Promise<void>;
};

/** Walks the parts of a multipart body. Throws PKG_E_REQUEST and PKG_E_BODY_TRUNCATED. */
export function scanParts(source: AsyncIterable<Uint8Array>, boundary: string): PartScanner {
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  const iterator = source[Symbol.asyncIterator]();
  // The first delimiter may stand at the very beginning, without the line end before it.
  let buffer: Buffer = Buffer.from('\r\n');
  let first = true;

  return { nextHeaders, body, leave };

  async function nextHeaders() {
    if (first)
      await upTo(delimiter, preambleBytesMax, 'more than a preamble before the first part');
    first = false;
    while (buffer.length < 2) await require();
    if (buffer.subarray(0, 2).equals(Buffer.from('--'))) {
      buffer = buffer.subarray(2);
      await epilogue();
      return undefined;
    }
    const block = await upTo(emptyLine, partHeaderBytesMax, 'a part with too many headers');
    const end = block.indexOf('\r\n');
    const padding = end < 0 ? block : block.subarray(0, end);
    if (!isPadding(padding)) throw shapeError('text right behind a boundary');
    return end < 0 ? Buffer.alloc(0) : block;
  }

  async function* body() {
    for (;;) {
      const at = buffer.indexOf(delimiter);
      const end = at < 0 ? buffer.length - heldBack(buffer, delimiter) : at;
      const piece = buffer.subarray(0, end);
      buffer = buffer.subarray(at < 0 ? end : at + delimiter.length);
      if (piece.length > 0) yield piece;
      if (at >= 0) return;
      await require();
    }
  }

  /** What follows the last delimiter: white space up to a line end, then an epilogue that nobody reads. */
  async function epilogue() {
    while (buffer.length <= epilogueBytesMax && (await more())) {
      // the limit is small: all of it is looked at together
    }
    if (buffer.length > epilogueBytesMax)
      throw shapeError('more than an epilogue behind the last part');
    const end = buffer.indexOf('\r\n');
    const padding = end < 0 ? buffer : buffer.subarray(0, end);
    if (!isPadding(padding)) throw shapeError('text right behind the last boundary');
  }

  /** Takes what stands before the marker, and the marker away. */
  async function upTo(marker: Buffer, bytesMax: number, what: string): Promise<Buffer> {
    for (;;) {
      const at = buffer.indexOf(marker);
      if (at > bytesMax || (at < 0 && buffer.length > bytesMax + marker.length)) {
        throw shapeError(what);
      }
      if (at >= 0) {
        const found = buffer.subarray(0, at);
        buffer = buffer.subarray(at + marker.length);
        return found;
      }
      await require();
    }
  }

  async function require() {
    if (!(await more())) throw truncatedError();
  }

  async function more(): Promise<boolean> {
    const { value, done } = await iterator.next();
    if (done) return false;
    const piece = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    buffer = buffer.length === 0 ? piece : Buffer.concat([buffer, piece]);
    return true;
  }

  async function leave() {
    await iterator.return?.();
  }
}

/** How many of the last bytes may be the beginning of a delimiter that goes on in the next piece. */
function heldBack(buffer: Buffer, delimiter: Buffer): number {
  let at = buffer.indexOf(0x0d, Math.max(0, buffer.length - delimiter.length + 1));
  for (; at >= 0; at = buffer.indexOf(0x0d, at + 1)) {
    const rest = buffer.subarray(at);
    if (delimiter.subarray(0, rest.length).equals(rest)) return rest.length;
  }
  return 0;
}

function isPadding(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09);
}

function shapeError(what: string) {
  return new VitteError('PKG_E_REQUEST', `the multipart body has ${what}`);
}
