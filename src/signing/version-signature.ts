import { type Digest, hexOf } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { mediaTypes } from '../core/media-types.ts';
import { checkKeyOf, formatError, type ParsedBundle, versionBundleBytes } from './bundle.ts';
import { type Kid, type PublicKey, publicPart, type SecretKey, signWith, spkiOf } from './keys.ts';
import {
  approvalPredicateType,
  approvalStatement,
  preAuthenticationEncoding,
} from './statement.ts';
import { verifyEd25519 } from './verify.ts';

/** A signature that was verified: who says what of a version. Whether that suffices is for policy to say. */
export type VerifiedSignature = {
  kid: Kid;
  spki: Uint8Array;
  /** Of the bundle's bytes. */
  bundle: Digest;
  predicateType: string;
  /** True where it approves the version; a signed SBOM or provenance is a statement and no approval. */
  approves: boolean;
};

/**
 * The bundle by which a key approves the version with this manifest: canonical JSON of about 800 bytes, the same
 * bytes each time. spec/signing.md, "Version signature".
 */
export function signVersion(manifest: Digest, key: SecretKey): Buffer {
  const payload = approvalStatement(manifest);
  const signature = signWith(key, preAuthenticationEncoding(mediaTypes.inToto, payload));
  return versionBundleBytes(publicPart(key), payload, signature);
}

/**
 * Verifies a parsed bundle against the version's manifest digest and the key that came beside it. Throws
 * PKG_E_SIGNATURE_FORMAT for a file's signature, PKG_E_SIGNATURE_INVALID where key or signature is wrong, and
 * then, the signature being good, PKG_E_SIGNATURE_SUBJECT where it is over another digest.
 */
export function verifyVersionBundle(
  bundle: ParsedBundle,
  manifest: Digest,
  key: PublicKey,
): VerifiedSignature {
  if (bundle.content !== 'dsse') throw formatError('it signs a file, not a version');
  checkKeyOf(bundle, key);
  const signed = preAuthenticationEncoding(mediaTypes.inToto, bundle.payload);
  if (!verifyEd25519(signed, bundle.signature, key.publicBytes)) {
    throw new VitteError('PKG_E_SIGNATURE_INVALID', `the signature by ${key.kid} is not valid`);
  }
  checkSubject(bundle, manifest);
  const { predicateType } = bundle.statement;
  return {
    kid: key.kid,
    spki: spkiOf(key),
    bundle: bundle.digest,
    predicateType,
    approves: predicateType === approvalPredicateType,
  };
}

/**
 * Throws PKG_E_SIGNATURE_SUBJECT where the bundle is over another digest, PKG_E_SIGNATURE_FORMAT for a file's
 * signature. By itself it is all that can be checked of a bundle that came without its key.
 */
export function checkSubject(bundle: ParsedBundle, manifest: Digest): void {
  if (bundle.content !== 'dsse') throw formatError('it signs a file, not a version');
  const { subjects } = bundle.statement;
  if (subjects.includes(hexOf(manifest))) return;
  throw new VitteError(
    'PKG_E_SIGNATURE_SUBJECT',
    `the signature by ${bundle.kid} is not over this version, whose manifest is ${manifest}`,
    { data: { manifest, subjects: subjects.map((hex) => `sha256:${hex}`) } },
  );
}
