// A signature as an OCI referrer of its version. spec/signing.md, "Referrer".
import { type Descriptor, emptyDescriptor, type ImageManifest } from '../core/descriptor.ts';
import { sha256 } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { canonicalBytes } from '../core/json.ts';
import { bundleBytesMax } from '../core/limits.ts';
import { annotations, mediaTypes } from '../core/media-types.ts';
import { checkKeyOf, formatError, type ParsedBundle } from './bundle.ts';
import type { PublicKey } from './keys.ts';
import { formatSignerKey, parseSignerKey } from './signer-key.ts';

export type BundleReferrer = {
  /** The referrer's manifest: canonical JSON. */
  bytes: Buffer;
  /** Of the manifest, with artifactType and annotations, as an index of referrers lists it. */
  descriptor: Descriptor;
  /** Of its one layer, the bundle. */
  layer: Descriptor;
  /** Of its config, the empty content `{}`. */
  config: Descriptor;
};

/**
 * The referrer that attaches a version's bundle to its manifest. A pure function: no time, person or host goes
 * in, so that a second try attaches nothing twice. Without a key the annotation that tells it is absent. Throws
 * PKG_E_SIGNATURE_FORMAT for a file's signature, PKG_E_SIGNATURE_INVALID where the key is not the bundle's. It
 * verifies nothing else.
 */
export function bundleReferrer(
  bundle: ParsedBundle,
  key: PublicKey | undefined,
  subject: Descriptor,
): BundleReferrer {
  if (bundle.content !== 'dsse') throw formatError('it signs a file, not a version');
  if (key) checkKeyOf(bundle, key);
  const layer: Descriptor = {
    mediaType: mediaTypes.sigstoreBundle,
    digest: bundle.digest,
    size: bundle.bytes.length,
  };
  const about = {
    artifactType: mediaTypes.sigstoreBundle,
    annotations: {
      [annotations.bundleContent]: 'dsse-envelope',
      [annotations.bundlePredicateType]: bundle.statement.predicateType,
      ...(key && { [annotations.signatureKey]: formatSignerKey(key) }),
    },
  };
  const { mediaType, digest, size } = subject;
  const bytes = canonicalBytes({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    ...about,
    config: emptyDescriptor,
    layers: [layer],
    subject: { mediaType, digest, size },
  } satisfies ImageManifest);
  return {
    bytes,
    descriptor: {
      mediaType: mediaTypes.ociManifest,
      digest: sha256(bytes),
      size: bytes.length,
      ...about,
    },
    layer,
    config: emptyDescriptor,
  };
}

/**
 * What a referrer's manifest says of its signature: the bundle's descriptor, and the signer's key where the
 * annotation is there (cosign writes none). Undefined for referrers that are no bundles. Throws
 * PKG_E_SIGNATURE_LIMIT for a bundle over 64 KiB, PKG_E_KEY_FORMAT for an annotation that holds no key.
 */
export function readBundleReferrer(
  manifest: ImageManifest,
): { layer: Descriptor; key: PublicKey | undefined } | undefined {
  const [layer] = manifest.layers;
  if (manifest.artifactType !== mediaTypes.sigstoreBundle) return undefined;
  if (manifest.layers.length !== 1 || layer?.mediaType !== mediaTypes.sigstoreBundle)
    return undefined;
  if (layer.size > bundleBytesMax) {
    throw new VitteError('PKG_E_SIGNATURE_LIMIT', `a bundle has at most ${bundleBytesMax} bytes`);
  }
  const text = manifest.annotations?.[annotations.signatureKey];
  return { layer, key: text === undefined ? undefined : parseSignerKey(text) };
}
