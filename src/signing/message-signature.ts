// `FILE.sig`: a Sigstore bundle over a file's bytes, as `cosign verify-blob` takes it. spec/signing.md, "File signature".
import { sha256Hex } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { readBoundedFile } from './bounded-file.ts';
import { checkKeyOf, formatError, messageBundleBytes, type ParsedBundle } from './bundle.ts';
import { type PublicKey, type SecretKey, signWith } from './keys.ts';
import { verifyEd25519 } from './verify.ts';

/** Longest file that is signed or verified. Pure Ed25519 goes over the message twice, so it is held in memory. */
export const messageBytesMax = 256 * 1024 * 1024;

/** The bundle of a file's bytes. Throws PKG_E_SIGNATURE_LIMIT beyond 256 MiB. */
export function signMessage(message: Uint8Array, key: SecretKey): Buffer {
  checkLength(message.length);
  return messageBundleBytes(key, sha256Hex(message), signWith(key, message));
}

/**
 * Verifies a parsed bundle over a file's bytes. Throws PKG_E_SIGNATURE_FORMAT for a version's signature,
 * PKG_E_SIGNATURE_LIMIT beyond 256 MiB, PKG_E_SIGNATURE_INVALID where the file, the key or the signature is
 * another.
 */
export function verifyMessage(bundle: ParsedBundle, message: Uint8Array, key: PublicKey): void {
  if (bundle.content !== 'message') throw formatError('it signs a version, not a file');
  checkLength(message.length);
  checkKeyOf(bundle, key);
  // The digest is nobody's word. It is compared so that people learn which of the two is wrong.
  if (sha256Hex(message) !== bundle.messageSha256) {
    throw new VitteError('PKG_E_SIGNATURE_INVALID', 'the file is not the one that was signed', {
      data: { signed: `sha256:${bundle.messageSha256}`, found: `sha256:${sha256Hex(message)}` },
    });
  }
  if (!verifyEd25519(message, bundle.signature, key.publicBytes)) {
    throw new VitteError('PKG_E_SIGNATURE_INVALID', `the signature by ${key.kid} is not valid`);
  }
}

/** Reads a file to sign or verify. Throws PKG_E_SIGNATURE_LIMIT beyond 256 MiB, PKG_E_FILE for the rest. */
export async function readMessageFile(
  path: string,
  options: { signal?: AbortSignal } = {},
): Promise<Buffer> {
  const { bytes } = await readBoundedFile(path, messageBytesMax, tooLong, options.signal);
  return bytes;
}

function checkLength(bytes: number) {
  if (bytes > messageBytesMax) throw tooLong();
}

function tooLong(): VitteError {
  return new VitteError(
    'PKG_E_SIGNATURE_LIMIT',
    `a file of more than ${messageBytesMax} bytes can not be signed`,
    { help: 'sign a list of checksums instead, or publish it as a package' },
  );
}
