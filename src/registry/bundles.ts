import type { Digest } from '../core/digest.ts';
import { isVitteError, VitteError } from '../core/errors.ts';
import { mediaTypes } from '../core/media-types.ts';
import type { SignatureFact } from '../core/version-facts.ts';
import type { VersionManifest } from '../core/version-manifest.ts';
import { type ParsedBundle, parseBundle } from '../signing/bundle.ts';
import { bundleReferrer } from '../signing/bundle-referrer.ts';
import type { PublicKey } from '../signing/keys.ts';
import { parseSignerKey } from '../signing/signer-key.ts';
import { checkSubject, verifyVersionBundle } from '../signing/version-signature.ts';
import type { BundleArtifact } from '../storage/version-store.ts';
import type { SentBundle } from './port.ts';

/** A bundle that signs the version at hand, with the referrer that attaches it. */
export type CheckedBundle = { artifact: BundleArtifact; fact: SignatureFact; subject: Digest };

/**
 * Checks a bundle against the manifest that the archive gives. With its key the signature is verified; without,
 * only what it says of itself is checked, and who reads it must know the key. Throws PKG_E_SIGNATURE_FORMAT,
 * PKG_E_SIGNATURE_INVALID, and PKG_E_SIGNATURE_SUBJECT with the server's manifest in `data`.
 */
export function checkBundle(sent: SentBundle, version: VersionManifest): CheckedBundle {
  const bundle = parseBundle(sent.bytes);
  const key = sent.key && parseSignerKey(Buffer.from(sent.key).toString('base64'));
  const subject = {
    mediaType: mediaTypes.ociManifest,
    digest: version.digest,
    size: version.bytes.length,
  };
  checkSignature(bundle, key, version);
  const referrer = bundleReferrer(bundle, key, subject);
  return {
    fact: {
      bundle: referrer.descriptor.digest,
      kid: bundle.kid,
      verified: key !== undefined,
    },
    subject: version.digest,
    artifact: {
      digest: referrer.descriptor.digest,
      bytes: referrer.bytes,
      bundle: { digest: bundle.digest, size: sent.bytes.length, bytes: sent.bytes },
    },
  };
}

function checkSignature(
  bundle: ParsedBundle,
  key: PublicKey | undefined,
  version: VersionManifest,
) {
  try {
    if (key) verifyVersionBundle(bundle, version.digest, key);
    else checkSubject(bundle, version.digest);
  } catch (error) {
    if (!isVitteError(error, 'PKG_E_SIGNATURE_SUBJECT')) throw error;
    throw new VitteError('PKG_E_SIGNATURE_SUBJECT', error.message, {
      cause: error,
      help: 'sign the digest of the manifest that this registry derives from the archive',
      data: { digest: version.digest, manifest: version.bytes.toString('utf8') },
    });
  }
}
