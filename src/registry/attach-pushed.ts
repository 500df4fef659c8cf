import { mediaTypes } from '../core/media-types.ts';
import type { PackageName } from '../core/name.ts';
import type { VersionRecord } from '../index/port.ts';
import type { ManifestFacts } from '../oci/manifest.ts';
import type { CallOptions } from '../oci/port.ts';
import { attach } from './attach.ts';
import type { CheckedBundle } from './bundles.ts';
import { listed, type OciCaller, standingIn } from './oci-caller.ts';
import { readSignatureReferrer } from './signature-referrer.ts';

/** A signature that was pushed as a referrer, checked, and the version that it signs. */
export type PushedSignature = {
  name: PackageName;
  standing: VersionRecord;
  bundle: CheckedBundle;
  sequence: number;
};

/**
 * Reads a referrer that is about to be stored as a signature of a published version. Undefined for what is none: of
 * something else, or a bundle in a form that is not read here (of another kind of key, say), which is kept as a
 * referrer. One that names its key must be valid: PKG_E_SIGNATURE_… and PKG_E_KEY_FORMAT.
 */
export async function checkPushedSignature(
  caller: OciCaller,
  { bytes }: { bytes: Uint8Array },
  facts: ManifestFacts,
  options: CallOptions,
): Promise<PushedSignature | undefined> {
  if (facts.artifactType !== mediaTypes.sigstoreBundle || !facts.subject) return undefined;
  const standing = await standingIn(caller, options);
  const { name, sequence } = standing;
  const version = listed(standing).find(({ digest }) => digest === facts.subject);
  if (name === undefined || !version) return undefined;
  const { repository } = caller;
  const bundle = await readSignatureReferrer(repository, bytes, version.digest, options);
  return bundle && { name, standing: version, bundle, sequence };
}

/** Journals such a signature, once it is stored. */
export async function attachPushed(
  { parts, context }: OciCaller,
  { name, standing, bundle, sequence }: PushedSignature,
): Promise<void> {
  const request = { name, version: standing.version };
  await attach(parts, request, standing, [bundle], { sequence, context });
}
