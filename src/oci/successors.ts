import type { Descriptor } from '../core/descriptor.ts';
import { isOciDigest } from '../core/digest.ts';
import { isVitteError, VitteError } from '../core/errors.ts';
import { isJsonObject, type JsonValue } from '../core/json.ts';
import { mediaTypes } from '../core/media-types.ts';
import { parseManifestObject, readDescriptor } from './manifest.ts';
import type { CallOptions, ManifestStore } from './port.ts';
import { verifyBytes } from './verify.ts';

/** Where manifests are read from; a copy gives one that remembers. */
export type ManifestReader = Pick<ManifestStore, 'fetch'>;

/** Where each kind of manifest names what it is made of. A `subject` counts: a referrer without one says nothing. */
const childMembers: Readonly<Record<string, readonly string[]>> = {
  [mediaTypes.ociManifest]: ['subject', 'config', 'layers'],
  [mediaTypes.ociIndex]: ['subject', 'manifests'],
  [mediaTypes.ociArtifact]: ['subject', 'blobs'],
  [mediaTypes.dockerManifest]: ['config', 'layers'],
  [mediaTypes.dockerManifestList]: ['manifests'],
};

/** Layers that lie elsewhere by the will of their owners; no registry is expected to have them. */
export function isForeignLayer(mediaType: string): boolean {
  return foreignLayerForm.test(mediaType);
}

const foreignLayerForm =
  /^application\/vnd\.(?:docker\.image\.rootfs\.foreign\.|oci\.image\.layer\.nondistributable\.)/;

/** True for what a registry keeps under `manifests/`; all else is a blob. */
export function isManifestType(mediaType: string): boolean {
  return Object.hasOwn(childMembers, mediaType);
}

/**
 * What a descriptor's content names directly: config and layers of an image, manifests of an index, the subject of
 * either; nothing for a blob. Foreign layers are left out. PKG_E_NOT_FOUND where the manifest is missing,
 * PKG_E_STORAGE_ANSWER where it makes no sense or names content under another hash than sha256 and
 * sha512.
 */
export async function successors(
  manifests: ManifestReader,
  descriptor: Descriptor,
  options: CallOptions = {},
): Promise<Descriptor[]> {
  const { digest, mediaType } = descriptor;
  const members = isManifestType(mediaType) ? childMembers[mediaType] : undefined;
  if (!members) return [];
  const stored = await manifests.fetch(digest, options);
  if (!stored) throw new VitteError('PKG_E_NOT_FOUND', `there is no manifest ${digest}`);
  verifyBytes(stored.bytes, descriptor);
  try {
    const manifest = parseManifestObject(stored.bytes, mediaType);
    const named = members.flatMap((member) => readDescriptors(manifest[member], member));
    return named.filter((child) => !isForeignLayer(child.mediaType));
  } catch (cause) {
    if (!isVitteError(cause, 'PKG_E_DOCUMENT', 'PKG_E_BODY_SIZE')) throw cause;
    throw new VitteError('PKG_E_STORAGE_ANSWER', `the manifest ${digest} is malformed`, { cause });
  }
}

/** One descriptor, a list of them, or nothing; Go programs write null for an empty list. */
function readDescriptors(value: JsonValue | undefined, member: string): Descriptor[] {
  if (value === undefined || value === null) return [];
  if (isJsonObject(value)) return [readDescriptor(value, member, isOciDigest)];
  if (!Array.isArray(value)) {
    throw new VitteError('PKG_E_DOCUMENT', `a manifest is malformed: its ${member} is no list`);
  }
  return value.map((item, index) => readDescriptor(item, `${member} ${index}`, isOciDigest));
}
