import { randomBytes, randomUUID } from 'node:crypto';
import type { Descriptor, ImageManifest } from '../../core/descriptor.ts';
import { type Digest, hexOf, sha256 } from '../../core/digest.ts';
import { isVitteError } from '../../core/errors.ts';
import { canonicalBytes } from '../../core/json.ts';
import { type ManifestProfile, manifestType } from '../../core/manifest-profile.ts';
import { annotations, mediaTypes } from '../../core/media-types.ts';
import { plainDescriptor } from '../pack.ts';
import type { Repository } from '../port.ts';
import type { Leftovers } from './check.ts';

export type ThrowawayManifest = { mediaType: string; digest: Digest; bytes: Buffer };

/** Content that is like a package's and that nobody else has, and how to be rid of it. */
export type Throwaway = {
  /** Random bytes; noted, so that they are deleted later. */
  blob(size: number): { descriptor: Descriptor; bytes: Uint8Array };
  /** A blob that is stored and was not made by `blob`. */
  note(digest: Digest): void;
  /** The manifest of a package of these blobs, unlike any other. */
  manifest(
    profile: ManifestProfile,
    blobs: readonly Descriptor[],
    subject?: Descriptor,
  ): ThrowawayManifest;
  /** A tag of this run, for `name`. */
  tag(name: string): string;
  /** The index that lists the referrers of a subject, where the storage keeps it under a tag. */
  noteFallback(subject: Digest, signal: AbortSignal): Promise<void>;
  /** Deletes all that was made, and tells what is left. Never rejects. */
  remove(signal: AbortSignal): Promise<Leftovers | undefined>;
};

export function createThrowaway(repository: Repository): Throwaway {
  const prefix = `_doctor-${randomUUID().slice(0, 8)}-`;
  const blobs = new Set<Digest>();
  /** What names others stands behind them. */
  const manifests: Digest[] = [];
  const tags = new Set<string>();
  return {
    blob(size) {
      const bytes = randomBytes(size);
      const digest = sha256(bytes);
      blobs.add(digest);
      return { descriptor: { mediaType: mediaTypes.vitmod, digest, size }, bytes };
    },

    note: (digest) => void blobs.add(digest),

    manifest(profile, [config, ...layers], subject) {
      const about = subject ? { subject: plainDescriptor(subject) } : {};
      const typed = config && { ...config, mediaType: mediaTypes.packageConfig };
      const manifest: ImageManifest = {
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        ...manifestType(profile, mediaTypes.package, typed),
        layers,
        ...about,
        annotations: { [annotations.title]: randomUUID() },
      };
      const bytes = canonicalBytes(manifest);
      const digest = sha256(bytes);
      manifests.push(digest);
      return { mediaType: mediaTypes.ociManifest, digest, bytes };
    },

    tag(name) {
      tags.add(prefix + name);
      return prefix + name;
    },

    async noteFallback(subject, signal) {
      const reference = `sha256-${hexOf(subject)}`;
      const found = await repository.manifests.resolve(reference, { signal });
      if (found) manifests.push(found.digest);
    },

    async remove(signal) {
      const { manifests: store } = repository;
      const manifestsLeft = await removeAll(manifests.toReversed(), {
        remove: (digest) => store.delete(digest, { signal }),
        find: (digest) => store.resolve(digest, { signal }),
      });
      const standing = await ownTags(signal);
      if (standing.length > 0 && manifestsLeft === 0) {
        await outcomeOf(store.untag(standing, { signal }));
      }
      const blobsLeft = await removeAll([...blobs], {
        remove: (digest) => repository.blobs.delete(digest, { signal }),
        find: (digest) => repository.blobs.stat(digest, { signal }),
      });
      const tagsLeft = standing.length > 0 ? await ownTags(signal) : [];
      if (tagsLeft.length + manifestsLeft + blobsLeft === 0) return undefined;
      const left = { tags: tagsLeft, manifests: manifestsLeft, blobs: blobsLeft };
      return { repository: repository.name, ...left };
    },
  };

  /** Those that stand; all of them where that can't be told. */
  async function ownTags(signal: AbortSignal): Promise<string[]> {
    try {
      const found: string[] = [];
      for await (const tag of repository.tags({ signal })) if (tags.has(tag)) found.push(tag);
      return found.sort();
    } catch {
      return [...tags].sort();
    }
  }
}

type Removal = {
  remove(digest: Digest): Promise<unknown>;
  find(digest: Digest): Promise<unknown>;
};

/** Removes what it can, and counts what stands after that. Who refuses once is not asked again. */
async function removeAll(digests: readonly Digest[], { remove, find }: Removal): Promise<number> {
  let left = 0;
  let refused = false;
  for (const digest of digests) {
    const outcome: Outcome = refused ? 'refused' : await outcomeOf(remove(digest));
    if (outcome === 'done') continue;
    refused ||= outcome === 'refused';
    if ((await find(digest).catch(() => 'perhaps')) !== undefined) left += 1;
  }
  return left;
}

type Outcome = 'done' | 'refused' | 'failed';

async function outcomeOf(work: Promise<unknown>): Promise<Outcome> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return isVitteError(error, 'PKG_E_STORAGE_ANSWER', 'PKG_E_FORBIDDEN') ? 'refused' : 'failed';
  }
}
