// `FILE.bundle`: signatures of one version, each with its key, beside an archive. spec/signing.md, "Bundle file".
import { VitteError } from '../core/errors.ts';
import { canonicalJson, decodeUtf8, isJsonObject, parseJson } from '../core/json.ts';
import { bundleBytesMax, bundlesMax } from '../core/limits.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { formatError, type ParsedBundle, parseBundle } from './bundle.ts';
import type { PublicKey } from './keys.ts';
import { formatSignerKey, parseSignerKey } from './signer-key.ts';

/** A bundle and the key that came with it. Nothing is verified yet. */
export type KeyedBundle = { bundle: ParsedBundle; key: PublicKey };

const schema = 'vitte.signature.v1';
const members = 'bundle,key,schema';
/** A bundle in base64, its key, and the rest of the line. */
const lineBytesMax = Math.ceil((bundleBytesMax * 4) / 3) + 1024;

/** Longest bundle file, for the caller to bound its read by. */
export const bundleFileBytesMax = bundlesMax * (lineBytesMax + 1);

/**
 * The bytes of a bundle file: one line of canonical JSON a signature. Files may be put one after the other.
 * Throws PKG_E_SIGNATURE_LIMIT for more than 16.
 */
export function serializeBundleFile(
  signatures: readonly { bundle: Pick<ParsedBundle, 'bytes'>; key: PublicKey }[],
): Buffer {
  checkCount(signatures.length);
  const lines = signatures.map(({ bundle, key }) =>
    canonicalJson({ schema, key: formatSignerKey(key), bundle: encodeBase64(bundle.bytes) }),
  );
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}

/**
 * Parses a bundle file: 1 to 16 lines, the last LF optional, equal lines counted once. Throws
 * PKG_E_SIGNATURE_LIMIT, and PKG_E_SIGNATURE_FORMAT with the number of the line.
 */
export function parseBundleFile(bytes: Uint8Array): KeyedBundle[] {
  if (bytes.length > bundleFileBytesMax) {
    throw new VitteError(
      'PKG_E_SIGNATURE_LIMIT',
      `a bundle file has at most ${bundleFileBytesMax} bytes`,
    );
  }
  const text = numbered('the file', () => decodeUtf8(bytes, 'the bundle file'));
  const found = new Map<string, KeyedBundle>();
  for (const [index, line] of text.replace(/\n$/, '').split('\n').entries()) {
    if (found.has(line)) continue;
    found.set(
      line,
      numbered(`line ${index + 1}`, () => parseLine(line)),
    );
    checkCount(found.size);
  }
  return [...found.values()];
}

function parseLine(line: string): KeyedBundle {
  const value = parseJson(Buffer.from(line), 'it');
  if (!isJsonObject(value) || value.schema !== schema) throw formatError(`it is no ${schema}`);
  if (Object.keys(value).sort().join() !== members) {
    throw formatError(`it must hold exactly ${members}`);
  }
  const bytes = typeof value.bundle === 'string' ? decodeBase64(value.bundle) : undefined;
  if (!bytes) throw formatError('"bundle" must be base64');
  if (typeof value.key !== 'string') throw formatError('"key" must be a string');
  return { bundle: parseBundle(bytes), key: parseSignerKey(value.key) };
}

function checkCount(count: number) {
  if (count > bundlesMax) {
    throw new VitteError('PKG_E_SIGNATURE_LIMIT', `at most ${bundlesMax} signatures at once`);
  }
}

/** Says where in the file an error was, and keeps the code of a limit. */
function numbered<T>(where: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof VitteError)) throw cause;
    const code = cause.code === 'PKG_E_SIGNATURE_LIMIT' ? cause.code : 'PKG_E_SIGNATURE_FORMAT';
    throw new VitteError(code, `bundle file, ${where}: ${cause.message}`, { cause });
  }
}
