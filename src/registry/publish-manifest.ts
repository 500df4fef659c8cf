import type { Digest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { archiveKindOf, mediaTypes } from '../core/media-types.ts';
import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import { parseImageManifest } from '../oci/manifest.ts';
import type { Parts } from './parts.ts';
import type { CallContext } from './port.ts';
import { publish } from './publish.ts';
import { exists } from './publish-checks.ts';

/**
 * Publishes a version whose blobs were pushed before and whose manifest comes now: the archive is read from the
 * storage and inspected as in any publish, and must give this very manifest. Throws what `publish` throws,
 * PKG_E_MISMATCH for another manifest than the archive gives, and PKG_E_VERSION_EXISTS where the version was published
 * meanwhile with another one.
 */
export async function publishManifest(
  parts: Parts,
  request: { name: PackageName; version: Version; digest: Digest; bytes: Uint8Array },
  context: CallContext,
): Promise<void> {
  const { name, version, digest } = request;
  const { kind, layer } = archiveOf(request.bytes);
  const options = context.signal ? { signal: context.signal } : {};
  const blob = await parts.versions.openArchive(name, layer.digest, options);
  if (!blob) throw new VitteError('PKG_E_NOT_FOUND', `the archive ${layer.digest} is not there`);
  const publishing = { name, version, kind, bundles: [], archive: blob.body, manifest: digest };
  const { value } = await publish(parts, publishing, context);
  if (value.published.digest !== digest) throw exists(request, value.published);
}

function archiveOf(bytes: Uint8Array) {
  const { layers } = readManifest(bytes);
  for (const layer of layers) {
    const kind = archiveKindOf(layer.mediaType);
    if (kind) return { kind, layer };
  }
  throw new VitteError('PKG_E_DOCUMENT', 'the manifest names no archive', {
    help: `a package has one layer of ${mediaTypes.vitmod} or ${mediaTypes.vitpkg}`,
  });
}

function readManifest(bytes: Uint8Array) {
  try {
    return parseImageManifest(bytes);
  } catch (cause) {
    throw new VitteError('PKG_E_DOCUMENT', 'the manifest is no image manifest', { cause });
  }
}
