import type { Descriptor, ImageManifest } from '../core/descriptor.ts';
import { type Digest, isDigest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../core/json.ts';
import { ociMetadataBytesMax } from '../core/limits.ts';
import { mediaTypes } from '../core/media-types.ts';

/** What a list of referrers says of a manifest. */
export type ManifestFacts = {
  /** The manifest's artifactType, else an image manifest's config media type. */
  artifactType: string | undefined;
  annotations: Record<string, string> | undefined;
  subject: Digest | undefined;
};

/**
 * Reads an image manifest from a storage. Fields that are not of this form are left out. Throws
 * PKG_E_STORAGE_ANSWER for more than 4 MiB, JSON that two readers could take differently, and anything that is
 * no image manifest with sha256 digests.
 */
export function parseImageManifest(bytes: Uint8Array): ImageManifest {
  try {
    const manifest = parseObject(bytes);
    const { mediaType = mediaTypes.ociManifest, schemaVersion, layers } = manifest;
    require(mediaType === mediaTypes.ociManifest, 'its mediaType is another');
    require(schemaVersion === 2, 'its schemaVersion is not 2');
    require(Array.isArray(layers), 'it has no layers');
    return {
      schemaVersion: 2,
      mediaType,
      ...optional('artifactType', readText(manifest.artifactType, 'artifactType')),
      config: readDescriptor(manifest.config, 'config'),
      layers: layers.map((layer, index) => readDescriptor(layer, `layer ${index}`)),
      ...(manifest.subject === undefined
        ? {}
        : { subject: readDescriptor(manifest.subject, 'subject') }),
      ...optional('annotations', readAnnotations(manifest.annotations)),
    };
  } catch (cause) {
    throw new VitteError('PKG_E_STORAGE_ANSWER', 'the storage gave a malformed image manifest', {
      cause,
    });
  }
}

/**
 * What a manifest of any kind (image, index) says of itself. Throws PKG_E_BODY_SIZE for more than 4 MiB, and
 * PKG_E_DOCUMENT for what is no JSON object, has malformed members, or says that it is of another media type.
 */
export function manifestFacts(bytes: Uint8Array, mediaType: string): ManifestFacts {
  const manifest = parseManifestObject(bytes, mediaType);
  const { config, subject } = manifest;
  const configType = isJsonObject(config) ? readText(config.mediaType, 'config') : undefined;
  require(subject === undefined || isJsonObject(subject), 'its subject is no descriptor');
  const subjectDigest = readText(subject?.digest, 'subject');
  require(subject === undefined || subjectDigest !== undefined, 'its subject has no digest');
  return {
    artifactType: readText(manifest.artifactType, 'artifactType') || configType,
    annotations: readAnnotations(manifest.annotations),
    // A subject under another hash is allowed; nobody can ask for its referrers here.
    subject: subjectDigest !== undefined && isDigest(subjectDigest) ? subjectDigest : undefined,
  };
}

/** The JSON object of a manifest of any kind. Throws as `manifestFacts` does. */
export function parseManifestObject(bytes: Uint8Array, mediaType: string): JsonObject {
  const manifest = parseObject(bytes);
  const stated = readText(manifest.mediaType, 'mediaType');
  require(stated === undefined || stated === mediaType, `it says that it is a ${stated}`);
  return manifest;
}

function parseObject(bytes: Uint8Array): JsonObject {
  if (bytes.length > ociMetadataBytesMax) {
    throw new VitteError('PKG_E_BODY_SIZE', `a manifest is over ${ociMetadataBytesMax} bytes`);
  }
  const manifest = parseJson(bytes, 'a manifest', ociMetadataBytesMax);
  require(isJsonObject(manifest), 'it is no JSON object');
  return manifest;
}

/**
 * A descriptor with the members that this project reads, under sha256 unless `isKnown` takes more. Throws
 * PKG_E_DOCUMENT.
 */
export function readDescriptor(
  value: JsonValue | undefined,
  what: string,
  isKnown: (text: string) => text is Digest = isDigest,
): Descriptor {
  require(isJsonObject(value), `its ${what} is no descriptor`);
  const { digest, size } = value;
  const mediaType = readText(value.mediaType, what);
  require(typeof digest === 'string' && isKnown(digest), `its ${what} has no digest that is known`);
  require(Number.isSafeInteger(size) && Number(size) >= 0, `its ${what} has no size`);
  require(mediaType !== undefined, `its ${what} has no media type`);
  return {
    mediaType,
    digest,
    size: Number(size),
    ...optional('artifactType', readText(value.artifactType, what)),
    ...optional('annotations', readAnnotations(value.annotations)),
    ...optional('data', readText(value.data, what)),
  };
}

function readText(value: JsonValue | undefined, what: string): string | undefined {
  require(value === undefined || typeof value === 'string', `its ${what} holds no text`);
  return value;
}

function readAnnotations(value: JsonValue | undefined): Record<string, string> | undefined {
  // Go programs write null for an empty map.
  if (value === undefined || value === null) return undefined;
  require(isJsonObject(value), 'its annotations are no object');
  require(Object.values(value).every(
    (text) => typeof text === 'string',
  ), 'its annotations hold more than text');
  return value as Record<string, string>;
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

function require(condition: boolean, why: string): asserts condition {
  if (!condition) throw new VitteError('PKG_E_DOCUMENT', `a manifest is malformed: ${why}`);
}
