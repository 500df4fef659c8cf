// What a manifest names must be there before it: a name never points at missing content.
import { mapConcurrently } from '../../core/concurrency.ts';
import { type Digest, isOciDigest } from '../../core/digest.ts';
import { VitteError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../../core/json.ts';
import { ociMetadataBytesMax } from '../../core/limits.ts';
import { mediaTypes } from '../../core/media-types.ts';
import type { CallOptions, Repository } from '../port.ts';
import { isForeignLayer } from '../successors.ts';
import { ociError } from './errors.ts';

type Named = { kind: 'blob' | 'manifest'; digest: Digest; size: number };

/** Where each kind of manifest names its content. Of an index it is manifests, of all others blobs. */
const members: Readonly<Record<string, { blobs: string[]; manifests: string[] }>> = {
  [mediaTypes.ociManifest]: { blobs: ['config', 'layers'], manifests: [] },
  [mediaTypes.ociIndex]: { blobs: [], manifests: ['manifests'] },
  [mediaTypes.dockerManifest]: { blobs: ['config', 'layers'], manifests: [] },
  [mediaTypes.dockerManifestList]: { blobs: [], manifests: ['manifests'] },
};

const namedMax = 10_000;
const lookUpsMax = 16;

/** True for the kinds of manifest that are taken: OCI's and Docker's images and indexes. */
export function isManifestType(mediaType: string): boolean {
  return Object.hasOwn(members, mediaType);
}

/**
 * Checks that the repository holds what a manifest names, its `subject` and foreign layers apart. Throws PKG_E_DOCUMENT
 * for a manifest that can't be read, and PKG_E_NOT_FOUND (MANIFEST_BLOB_UNKNOWN), which names what is missing.
 */
export async function requireContent(
  repository: Repository,
  { mediaType, bytes }: { mediaType: string; bytes: Uint8Array },
  options: CallOptions,
): Promise<void> {
  const named = namedContent(mediaType, bytes);
  if (named.length > namedMax) throw malformed(`it names more than ${namedMax} contents`);
  await mapConcurrently(named, lookUpsMax, async ({ kind, digest, size }) => {
    const found =
      kind === 'blob'
        ? await repository.blobs.stat(digest, options)
        : await repository.manifests.resolve(digest, options);
    if (!found) {
      const message = `the manifest names ${digest}, which is not in ${repository.name}`;
      throw ociError('MANIFEST_BLOB_UNKNOWN', 'PKG_E_NOT_FOUND', message, { data: { digest } });
    }
    if (found.size !== size) {
      throw malformed(`it says that ${digest} has ${size} bytes; there are ${found.size}`);
    }
  });
}

function namedContent(mediaType: string, bytes: Uint8Array): Named[] {
  const manifest = parseJson(bytes, 'a manifest', ociMetadataBytesMax);
  if (!isJsonObject(manifest)) throw malformed('it is no JSON object');
  const { blobs, manifests } = members[mediaType] ?? { blobs: [], manifests: [] };
  for (const member of blobs) {
    if (manifest[member] === undefined) throw malformed(`it has no ${member}`);
  }
  const found = [
    ...blobs.flatMap((member) => readNamed(manifest, member, 'blob')),
    ...manifests.flatMap((member) => readNamed(manifest, member, 'manifest')),
  ];
  return [...new Map(found.map((one) => [one.digest, one])).values()];
}

function readNamed(manifest: JsonObject, member: string, kind: Named['kind']): Named[] {
  const value = manifest[member];
  // Go programs write null for an empty list.
  if (value === null) return [];
  const values = Array.isArray(value) ? value : [value];
  return values.flatMap((one) => readDescriptor(one, member, kind));
}

function readDescriptor(
  value: JsonValue | undefined,
  member: string,
  kind: Named['kind'],
): Named[] {
  const { mediaType, digest, size } = isJsonObject(value) ? value : {};
  if (typeof mediaType !== 'string' || typeof digest !== 'string' || !isOciDigest(digest)) {
    throw malformed(`its ${member} holds what is no descriptor`);
  }
  if (!Number.isSafeInteger(size) || Number(size) < 0) throw malformed(`its ${member} has no size`);
  return isForeignLayer(mediaType) ? [] : [{ kind, digest, size: Number(size) }];
}

function malformed(why: string) {
  return new VitteError('PKG_E_DOCUMENT', `the manifest is malformed: ${why}`);
}
