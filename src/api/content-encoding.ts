import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';

/** The best first, where a client takes several alike. */
const encodings = ['zstd', 'br', 'gzip', 'identity'] as const;
export type Encoding = (typeof encodings)[number];

/** Shorter bodies go as they are: the headers would outweigh what is saved. */
const compressedBytesMin = 256;
const headerLengthMax = 512;

/**
 * The encoding of an answer to this Accept-Encoding (RFC 9110, 12.5.3): of those that the client weighs highest the
 * one that packs best. What leaves nothing to choose is answered as it is.
 */
export function acceptedEncoding(header: string | undefined): Encoding {
  if (header === undefined || header.length > headerLengthMax) return 'identity';
  const weights = new Map<string, number>();
  for (const part of header.toLowerCase().split(',')) {
    const [, name = '', weight = '1'] =
      /^\s*([\w*-]+)\s*(?:;\s*q=\s*(\d(?:\.\d{0,3})?)\s*)?$/.exec(part) ?? [];
    if (name !== '') weights.set(name === 'x-gzip' ? 'gzip' : name, Number(weight));
  }
  const weightOf = (encoding: Encoding) =>
    weights.get(encoding) ?? weights.get('*') ?? (encoding === 'identity' ? 0.001 : 0);
  const best = encodings.reduce((best, next) => (weightOf(next) > weightOf(best) ? next : best));
  return weightOf(best) > 0 ? best : 'identity';
}

const zstd = promisify(zstdCompress);
const brotli = promisify(brotliCompress);
const zip = promisify(gzip);

/** How much time goes into packing: what is kept is packed once and sent often. */
export type Effort = 'kept' | 'once';

const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT, ZSTD_c_compressionLevel } = constants;

/** These bytes in an encoding; undefined where that would not make them shorter. Works off the event loop. */
export async function encoded(
  bytes: Buffer,
  encoding: Encoding,
  effort: Effort,
): Promise<Buffer | undefined> {
  if (encoding === 'identity' || bytes.length < compressedBytesMin) return undefined;
  const packed = await pack(bytes, encoding, effort === 'kept');
  return packed.length < bytes.length ? packed : undefined;
}

function pack(bytes: Buffer, encoding: Exclude<Encoding, 'identity'>, isKept: boolean) {
  switch (encoding) {
    case 'zstd':
      return zstd(bytes, { params: { [ZSTD_c_compressionLevel]: isKept ? 12 : 3 } });
    case 'br': {
      const quality = isKept ? 9 : 4;
      const params = { [BROTLI_PARAM_QUALITY]: quality, [BROTLI_PARAM_SIZE_HINT]: bytes.length };
      return brotli(bytes, { params });
    }
    case 'gzip':
      return zip(bytes, { level: isKept ? 9 : 5 });
  }
}
