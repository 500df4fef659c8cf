import type { Descriptor, ImageManifest } from '../core/descriptor.ts';
import { type Digest, hexOf } from '../core/digest.ts';
import { isVitteError } from '../core/errors.ts';
import { archiveKindOf, mediaTypes } from '../core/media-types.ts';
import type { PackageName } from '../core/name.ts';
import { type Version, versionOfTag, versionTag } from '../core/version.ts';
import { profileOf } from '../core/version-manifest.ts';
import { parseImageManifest } from '../oci/manifest.ts';
import type { CallOptions, Registry, Repository } from '../oci/port.ts';
import { packageRepository, referrerTag } from './repositories.ts';

/** A version as the journal has it. */
export type KnownVersion = { version: Version; digest: Digest; bundles: readonly Digest[] };

/** What the store holds of a version otherwise than the journal says. */
export type VersionProblem =
  | { problem: 'tag missing' | 'tag elsewhere'; tag: string; found?: Digest }
  | {
      problem: 'content missing' | 'content damaged';
      part: 'manifest' | 'document' | 'archive' | 'readme' | 'signature';
      digest: Digest;
    };

type CheckOptions = CallOptions & { read?: boolean };

/** A tag that looks like a version, is a manifest of our type, and is none that the journal has. */
export type ForeignVersion = { version: Version; digest: Digest };

/**
 * Compares what lies in a package's repository with the versions that the journal has: tags, manifests, and whether
 * everything that a manifest names is there in its size. With `read` all of it is read as well, and must have its
 * digest; else that is left to whoever fetches it.
 */
export function openVersionCheck(registry: Registry) {
  const repository = (name: PackageName) => registry.repository(packageRepository(name));

  return {
    async version(
      name: PackageName,
      known: KnownVersion,
      options?: CheckOptions,
    ): Promise<VersionProblem[]> {
      const at = repository(name);
      const problems: VersionProblem[] = [];
      const tag = versionTag(known.version);
      const tagged = await fetchManifest(at, tag, options);
      if (tagged === undefined) problems.push({ problem: 'tag missing', tag });
      else if (tagged.digest !== known.digest) {
        problems.push({ problem: 'tag elsewhere', tag, found: tagged.digest });
      }
      const stored =
        tagged?.digest === known.digest ? tagged : await fetchManifest(at, known.digest, options);
      if (stored?.manifest) problems.push(...(await contentProblems(at, stored.manifest, options)));
      else {
        const problem = stored ? ('content damaged' as const) : ('content missing' as const);
        problems.push({ problem, part: 'manifest', digest: known.digest });
      }
      for (const bundle of known.bundles) {
        problems.push(...(await bundleProblems(at, bundle, options)));
      }
      return problems;
    },

    /** The tags that keep these referrers from collectors, as far as the registry needs them and lacks them. */
    async missingReferrerTags(
      name: PackageName,
      bundles: readonly Digest[],
      options?: CallOptions,
    ): Promise<{ tag: string; bundle: Digest }[]> {
      const asked = { ...options, repository: packageRepository(name) };
      if (bundles.length === 0 || (await registry.referrersApi(asked))) return [];
      const missing: { tag: string; bundle: Digest }[] = [];
      for (const bundle of bundles) {
        const tag = referrerTag(hexOf(bundle));
        const found = await repository(name).manifests.resolve(tag, options);
        if (found?.digest !== bundle) missing.push({ tag, bundle });
      }
      return missing;
    },

    /** Versions that the repository has under a tag and the journal has not. */
    async foreign(
      name: PackageName,
      known: ReadonlySet<string>,
      options?: CallOptions,
    ): Promise<ForeignVersion[]> {
      const found: ForeignVersion[] = [];
      for await (const tag of repository(name).tags(options)) {
        const version = versionOfTag(tag);
        if (version === undefined || known.has(version)) continue;
        const stored = await fetchManifest(repository(name), tag, options);
        if (!stored?.manifest || profileOf(stored.manifest) === undefined) continue;
        found.push({ version, digest: stored.digest });
      }
      return found;
    },
  };
}

type Stored = { digest: Digest; manifest: ImageManifest | undefined };

/** A manifest; undefined where there is none, `manifest` undefined where it is damaged or no image manifest. */
async function fetchManifest(
  { manifests }: Repository,
  reference: string,
  options?: CallOptions,
): Promise<Stored | undefined> {
  try {
    const stored = await manifests.fetch(reference, options);
    if (!stored) return undefined;
    return { digest: stored.descriptor.digest, manifest: imageManifest(stored.bytes) };
  } catch (error) {
    if (!isVitteError(error, 'PKG_E_INTEGRITY')) throw error;
    const found = await manifests.resolve(reference, options);
    return found && { digest: found.digest, manifest: undefined };
  }
}

function imageManifest(bytes: Uint8Array): ImageManifest | undefined {
  try {
    return parseImageManifest(bytes);
  } catch (error) {
    if (isVitteError(error, 'PKG_E_STORAGE_ANSWER')) return undefined;
    throw error;
  }
}

async function contentProblems(
  { blobs }: Repository,
  manifest: ImageManifest,
  options?: CheckOptions,
): Promise<VersionProblem[]> {
  const problems: VersionProblem[] = [];
  const parts = [
    { part: 'document' as const, descriptor: manifest.config },
    ...manifest.layers.flatMap((descriptor) => {
      const { mediaType } = descriptor;
      if (archiveKindOf(mediaType)) return { part: 'archive' as const, descriptor };
      return mediaType === mediaTypes.readme ? { part: 'readme' as const, descriptor } : [];
    }),
  ];
  for (const { part, descriptor } of parts) {
    const problem = await blobProblem(blobs, descriptor, options);
    if (problem) problems.push({ problem, part, digest: descriptor.digest });
  }
  return problems;
}

async function blobProblem(
  blobs: Repository['blobs'],
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  { read = false, ...options }: CheckOptions = {},
): Promise<'content missing' | 'content damaged' | undefined> {
  const found = await blobs.stat(digest, options);
  if (!found) return 'content missing';
  if (found.size !== size) return 'content damaged';
  if (!read) return undefined;
  try {
    const blob = await blobs.fetch(digest, { ...options, transient: true });
    if (!blob) return 'content missing';
    for await (const _ of blob.body) options.signal?.throwIfAborted();
    return undefined;
  } catch (error) {
    if (isVitteError(error, 'PKG_E_INTEGRITY')) return 'content damaged';
    throw error;
  }
}

async function bundleProblems(
  at: Repository,
  bundle: Digest,
  options?: CheckOptions,
): Promise<VersionProblem[]> {
  const stored = await fetchManifest(at, bundle, options);
  const layer = stored?.manifest?.layers[0];
  const problem = layer ? await blobProblem(at.blobs, layer, options) : 'content missing';
  return problem ? [{ problem, part: 'signature', digest: layer?.digest ?? bundle }] : [];
}
