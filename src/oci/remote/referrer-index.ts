import type { Descriptor } from '../../core/descriptor.ts';
import { type Digest, isDigest } from '../../core/digest.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { mediaTypes } from '../../core/media-types.ts';
import { storageError } from './errors.ts';

/** A list of referrers as a registry holds it: an image index. Members that are not ours are kept as they are. */
export type ReferrerIndex = { document: JsonObject; manifests: readonly JsonObject[] };

export const emptyIndex: ReferrerIndex = {
  document: { schemaVersion: 2, mediaType: mediaTypes.ociIndex },
  manifests: [],
};

/** Reads an index. PKG_E_STORAGE_ANSWER where it has no list of objects. */
export function readIndex(document: JsonObject, what: string): ReferrerIndex {
  // Go programs write null for an empty list.
  const manifests = document.manifests ?? [];
  if (!Array.isArray(manifests) || !manifests.every(isJsonObject)) {
    throw storageError('PKG_E_STORAGE_ANSWER', what, 'its index has no list of manifests');
  }
  return { document, manifests };
}

/** The index with these descriptors added, where they are missing, and those removed; the same one without change. */
export function changedIndex(
  index: ReferrerIndex,
  added: readonly Descriptor[],
  removed: ReadonlySet<Digest>,
): ReferrerIndex {
  const kept = index.manifests.filter(({ digest }) => !removed.has(digest as Digest));
  const present = new Set(kept.map(({ digest }) => digest));
  const missing = added.filter(({ digest }) => !present.has(digest) && !removed.has(digest));
  if (missing.length === 0 && kept.length === index.manifests.length) return index;
  return { ...index, manifests: [...kept, ...(missing as JsonObject[])] };
}

/** The descriptors of an index. One under another hash than sha256 is left out: nothing here can name it. */
export function descriptorsOf({ manifests }: ReferrerIndex): Descriptor[] {
  return manifests.flatMap((entry) => {
    const { mediaType, digest, size, artifactType, annotations } = entry;
    if (typeof digest !== 'string' || !isDigest(digest)) return [];
    if (typeof mediaType !== 'string' || !Number.isSafeInteger(size) || Number(size) < 0) return [];
    return {
      mediaType,
      digest,
      size: Number(size),
      ...(typeof artifactType === 'string' && artifactType !== '' ? { artifactType } : {}),
      ...textsOf(annotations),
    };
  });
}

function textsOf(annotations: unknown): { annotations?: Record<string, string> } {
  if (!isJsonObject(annotations)) return {};
  const texts = Object.entries(annotations).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return texts.length > 0 ? { annotations: Object.fromEntries(texts) } : {};
}
