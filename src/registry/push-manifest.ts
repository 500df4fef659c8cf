import type { Descriptor } from '../core/descriptor.ts';
import { type Digest, hexOf, sha256 } from '../core/digest.ts';
import { isVitteError } from '../core/errors.ts';
import { mediaTypes } from '../core/media-types.ts';
import { parsePackageName } from '../core/name.ts';
import { type Version, versionOfTag, versionTag } from '../core/version.ts';
import { profileOf } from '../core/version-manifest.ts';
import { manifestFacts, parseImageManifest } from '../oci/manifest.ts';
import type { CallOptions, ManifestStore } from '../oci/port.ts';
import { referrerTag } from '../storage/repositories.ts';
import { attachPushed, checkPushedSignature } from './attach-pushed.ts';
import { type OciCaller, standingIn } from './oci-caller.ts';
import { exists, voided } from './publish-checks.ts';
import { publishManifest } from './publish-manifest.ts';

type Pushed = { mediaType: string; bytes: Uint8Array };
type PushOptions = NonNullable<Parameters<ManifestStore['push']>[1]>;

/**
 * Stores a manifest that a caller pushes as plain OCI. Under the tag of a published version only that version's own is
 * taken. One of our type under the tag of a version is a publish. A signature bundle that refers to a published version
 * is attached to it. All else is kept as it is, and never listed as a package.
 */
export async function pushManifest(
  caller: OciCaller,
  manifest: Pushed,
  options: PushOptions = {},
): Promise<Descriptor> {
  const { manifests } = caller.repository;
  const facts = manifestFacts(manifest.bytes, manifest.mediaType);
  const version = options.tag === undefined ? undefined : versionOfTag(options.tag);
  if (version !== undefined) {
    const published = await pushVersion(caller, version, manifest, options);
    if (published) return published;
  }
  const signature = await checkPushedSignature(caller, manifest, facts, options);
  const descriptor = await manifests.push(manifest, options);
  if (version !== undefined) await requireUnpublished(caller, version, descriptor, options);
  if (facts.subject !== undefined) await tagReferrer(caller, descriptor.digest, options);
  if (signature) await attachPushed(caller, signature);
  return descriptor;
}

/** A manifest under the tag of a version; undefined where it is neither published nor about to be. */
async function pushVersion(
  caller: OciCaller,
  version: Version,
  manifest: Pushed,
  options: PushOptions,
): Promise<Descriptor | undefined> {
  const { parts, context, repository } = caller;
  const { mediaType, bytes } = manifest;
  const digest = sha256(bytes);
  const { name, versions } = await standingIn(caller, options);
  const standing = versions.find((one) => one.version === version);
  // A version that is voided may only be lost: then its very manifest is published again.
  const isLost = standing?.voided === true && standing.digest === digest;
  if (name !== undefined && standing && !isLost) {
    if (standing.voided) throw voided({ name, version });
    if (standing.digest !== digest) throw exists({ name, version }, standing);
    return repository.manifests.push(manifest, options);
  }
  if (!isVersionManifest(manifest)) return undefined;
  const request = { name: parsePackageName(repository.name), version, digest, bytes };
  const { signal } = options;
  await publishManifest(parts, request, { ...context, ...(signal ? { signal } : {}) });
  return { mediaType, digest, size: bytes.length };
}

/**
 * After another artifact was pushed under the tag of a version: where that version was published meanwhile, the tag is
 * set to what the journal says.
 */
async function requireUnpublished(
  caller: OciCaller,
  version: Version,
  { digest }: Descriptor,
  options: PushOptions,
): Promise<void> {
  const { name, versions } = await standingIn(caller, options);
  const standing = versions.find((one) => one.version === version);
  if (name === undefined || !standing || standing.voided || standing.digest === digest) return;
  await caller.repository.manifests.tag(standing.digest, versionTag(version));
  throw exists({ name, version }, standing);
}

/** True for the manifest of a package's version, in any profile. */
function isVersionManifest({ mediaType, bytes }: Pushed): boolean {
  if (mediaType !== mediaTypes.ociManifest) return false;
  try {
    return profileOf(parseImageManifest(bytes)) !== undefined;
  } catch (error) {
    if (isVitteError(error, 'PKG_E_STORAGE_ANSWER')) return false;
    throw error;
  }
}

/** Tags a referrer where the registry would delete it otherwise, as those of a publish are. */
async function tagReferrer(
  { storage, repository }: OciCaller,
  digest: Digest,
  options: CallOptions,
): Promise<void> {
  const { signal } = options;
  const callOptions = signal ? { signal } : {};
  if (await storage.referrersApi({ ...callOptions, repository: repository.name })) return;
  await repository.manifests.tag(digest, referrerTag(hexOf(digest)), callOptions);
}
