import { type Digest, sha256 } from '../core/digest.ts';
import { isVitteError } from '../core/errors.ts';
import { bundleBytesMax } from '../core/limits.ts';
import { parseImageManifest } from '../oci/manifest.ts';
import type { CallOptions, Repository } from '../oci/port.ts';
import { type ParsedBundle, parseBundle } from '../signing/bundle.ts';
import { readBundleReferrer } from '../signing/bundle-referrer.ts';
import { checkSubject, verifyVersionBundle } from '../signing/version-signature.ts';
import { readSmallBlob } from '../storage/small-blob.ts';
import type { CheckedBundle } from './bundles.ts';

/**
 * Reads the manifest of a referrer as a signature of the version with this digest; its bundle lies in the repository.
 * Undefined for what is none: of something else, or a bundle in a form that is not read here (of another kind of key,
 * say). One that names its key must be valid: PKG_E_SIGNATURE_… and PKG_E_KEY_FORMAT.
 */
export async function readSignatureReferrer(
  { blobs }: Pick<Repository, 'blobs'>,
  bytes: Uint8Array,
  subject: Digest,
  options: CallOptions = {},
): Promise<CheckedBundle | undefined> {
  const manifest = imageManifest(bytes);
  const referrer = manifest && readBundleReferrer(manifest);
  if (!referrer) return undefined;
  const { key, layer } = referrer;
  const content = await readSmallBlob(blobs, layer.digest, bundleBytesMax, options);
  let parsed: ParsedBundle;
  try {
    parsed = parseBundle(content);
    if (key) verifyVersionBundle(parsed, subject, key);
    else checkSubject(parsed, subject);
  } catch (error) {
    if (key === undefined && isVitteError(error) && error.kind === 'refused') return undefined;
    throw error;
  }
  const digest = sha256(bytes);
  return {
    artifact: {
      digest,
      bytes,
      bundle: { digest: parsed.digest, size: content.length, bytes: content },
    },
    fact: { bundle: digest, kid: parsed.kid, verified: key !== undefined },
    subject,
  };
}

/** Undefined for what is no image manifest with sha256 digests. */
function imageManifest(bytes: Uint8Array) {
  try {
    return parseImageManifest(bytes);
  } catch (error) {
    if (isVitteError(error, 'PKG_E_STORAGE_ANSWER')) return undefined;
    throw error;
  }
}
