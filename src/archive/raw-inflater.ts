import { createInflateRaw } from 'node:zlib';
import { refusal } from './refusal.ts';

const pieceBytes = 64 * 1024;

export type RawInflater = {
  /** Unpacks these bytes, at the pace at which the pieces are taken. */
  inflate(bytes: Uint8Array): AsyncGenerator<Buffer>;
  /** True once the deflate stream has said that it is over. */
  ended(): boolean;
  /** How many of the bytes given last lie behind the deflate stream's end. */
  unusedBytes(): number;
  close(): void;
};

/**
 * A deflate stream without framing, which tells where it ends. node:zlib counts in `bytesWritten` what the
 * stream has consumed, not what was written; it learns of the end only when a byte follows it, so a stream that
 * ends with the bytes given is `ended` at the next byte. Throws PKG_E_ARCHIVE_GZIP for bytes that are no deflate.
 */
export function rawInflater(): RawInflater {
  const stream = createInflateRaw({ chunkSize: pieceBytes });
  let given = 0;
  let failure: Error | undefined;
  let ended = false;
  let wake = () => {};
  stream.on('error', (error) => {
    failure = error;
    wake();
  });
  stream.on('end', () => {
    ended = true;
    wake();
  });
  stream.on('readable', () => wake());
  return {
    inflate,
    ended: () => ended,
    unusedBytes: () => given - stream.bytesWritten,
    close: () => stream.destroy(),
  };

  async function* inflate(bytes: Uint8Array): AsyncGenerator<Buffer> {
    let processed = false;
    given += bytes.length;
    stream.write(bytes, () => {
      processed = true;
      wake();
    });
    for (;;) {
      if (failure) {
        throw refusal(
          'PKG_E_ARCHIVE_GZIP',
          undefined,
          'is damaged: its deflate stream is invalid',
          {
            cause: failure,
          },
        );
      }
      const piece: Buffer | null = stream.read();
      if (piece !== null) yield piece;
      else if (ended || (processed && stream.bytesWritten === given)) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
}
