import { mapConcurrently } from '../../core/concurrency.ts';
import { type Digest, isDigest } from '../../core/digest.ts';
import { isJsonObject, parseJson } from '../../core/json.ts';
import { ociMetadataBytesMax } from '../../core/limits.ts';
import type { BlobStore, CallOptions } from '../port.ts';
import { keyOf, type RemoteContext } from './context.ts';
import { storageError } from './errors.ts';

const lookUpsMax = 8;

/**
 * Asks for the blobs that a manifest names, but for those that were pushed or seen a short while ago, and rejects with
 * PKG_E_STORAGE_ANSWER where one is missing. Registries do so themselves; zot does not for a manifest with a config
 * type of its own. Blobs that lie elsewhere (`urls`) are not asked for.
 */
export async function requireBlobs(
  context: RemoteContext,
  blobs: BlobStore,
  repository: string,
  bytes: Uint8Array,
  options: CallOptions,
): Promise<void> {
  const unseen = namedBlobs(bytes).filter(
    (digest) => context.blobs.get(keyOf(repository, digest)) === undefined,
  );
  await mapConcurrently(unseen, lookUpsMax, async (digest) => {
    if (await blobs.stat(digest, options)) return;
    const why = `there is no blob ${digest}`;
    throw storageError('PKG_E_STORAGE_ANSWER', `store a manifest of ${repository}`, why);
  });
}

/** The digests of config and layers, each once. */
function namedBlobs(bytes: Uint8Array): Digest[] {
  const manifest = parseJson(bytes, 'a manifest', ociMetadataBytesMax);
  if (!isJsonObject(manifest)) return [];
  const { config, layers } = manifest;
  const named = [config, ...(Array.isArray(layers) ? layers : [])].filter(isJsonObject);
  const digests = named.filter(({ urls }) => urls === undefined).map(({ digest }) => digest);
  return [...new Set(digests)].filter((digest) => typeof digest === 'string' && isDigest(digest));
}
