import { emptyContent, emptyDescriptor, type ImageManifest } from '../core/descriptor.ts';
import { type Digest, hexOf, parseDigest, sha256Hex } from '../core/digest.ts';
import type { PackageDocument } from '../core/document.ts';
import { VitteError } from '../core/errors.ts';
import { isJsonObject, parseJson } from '../core/json.ts';
import { bundleBytesMax, jsonDocumentBytesMax, readmeBytesMax } from '../core/limits.ts';
import { annotations, mediaTypes } from '../core/media-types.ts';
import type { PackageName } from '../core/name.ts';
import { type Version, versionTag } from '../core/version.ts';
import { type SignatureFact, type VersionFacts, versionFacts } from '../core/version-facts.ts';
import type { VersionManifest } from '../core/version-manifest.ts';
import type { BlobRead, ByteRange, CallOptions, Registry, StagedBlob } from '../oci/port.ts';
import { createHashedBlobs } from './hashed-blobs.ts';
import { packageRepository, referrerTag } from './repositories.ts';
import { findSmallBlob, readSmallBlob } from './small-blob.ts';

/** A bundle as it is stored: the referrer's manifest, and the bundle itself. */
export type BundleArtifact = {
  digest: Digest;
  bytes: Uint8Array;
  bundle: { digest: Digest; size: number; bytes: Uint8Array };
};

/** A stored signature: the claimed signer's key id, its key where it was sent, and the bundle. */
export type StoredSignature = SignatureFact & { key: string | undefined; content: Uint8Array };

/** Packages as OCI artifacts. Nothing here decides anything: the journal does. */
export type VersionStore = {
  /** Throws PKG_E_PACKAGE_VERSION for a version that has no tag in this storage. */
  checkVersion(name: PackageName, version: Version): void;
  stageArchive(
    name: PackageName,
    source: AsyncIterable<Uint8Array>,
    options?: CallOptions,
  ): Promise<StagedBlob>;
  pushConfig(name: PackageName, version: VersionManifest, options?: CallOptions): Promise<void>;
  pushReadme(
    name: PackageName,
    readme: { digest: Digest; bytes: Uint8Array },
    options?: CallOptions,
  ): Promise<void>;
  /** By digest alone: no name points at it yet. */
  pushManifest(name: PackageName, version: VersionManifest, options?: CallOptions): Promise<void>;
  pushBundle(name: PackageName, artifact: BundleArtifact, options?: CallOptions): Promise<void>;
  /** Points the version's tag at its manifest. */
  tagVersion(
    name: PackageName,
    version: Version,
    digest: Digest,
    options?: CallOptions,
  ): Promise<void>;
  /** True where the version's tag names this digest. */
  versionTagged(
    name: PackageName,
    version: Version,
    digest: Digest,
    options?: CallOptions,
  ): Promise<boolean>;
  /** Tags referrers where the registry would delete them otherwise. */
  tagReferrers(name: PackageName, bundles: Digest[], options?: CallOptions): Promise<void>;
  /** What the index holds of a version, read from the store; undefined where its content is gone. */
  facts(
    name: PackageName,
    digest: Digest,
    bundles: Digest[],
    options?: CallOptions,
  ): Promise<VersionFacts | undefined>;
  /** What the index holds of these signatures; those that are gone are left out. */
  signatureFacts(
    name: PackageName,
    bundles: Digest[],
    options?: CallOptions,
  ): Promise<SignatureFact[]>;
  /** The bundles behind these referrer digests; those that are gone are left out. */
  signatures(
    name: PackageName,
    bundles: Digest[],
    options?: CallOptions,
  ): Promise<StoredSignature[]>;
  archiveExists(name: PackageName, digest: Digest, options?: CallOptions): Promise<boolean>;
  /**
   * Opens an archive, verified while it is read. `relayed`: it has so many bytes and goes to a client who checks the
   * digest, so what this process hashed before is not hashed again, and a piece holds until the next is asked for.
   */
  openArchive(
    name: PackageName,
    digest: Digest,
    options?: CallOptions & { range?: ByteRange; relayed?: { bytes: number } },
  ): Promise<BlobRead | undefined>;
  readme(name: PackageName, digest: Digest, options?: CallOptions): Promise<Buffer>;
};

/** Smaller ones are not worth a connection of their own. */
const transientBytesMin = 1024 * 1024;

export function openVersionStore(registry: Registry): VersionStore {
  const repository = (name: PackageName) => registry.repository(packageRepository(name));
  const hashed = createHashedBlobs();

  return {
    checkVersion(name, version) {
      versionTag(version, repository(name).tagLengthMax);
    },

    async stageArchive(name, source, options) {
      return hashed.noteCommit(name, await repository(name).blobs.stage(source, options));
    },

    pushConfig: (name, version, options) =>
      repository(name).blobs.push(version.config.descriptor, version.config.bytes, options),

    pushReadme: (name, readme, options) =>
      repository(name).blobs.push(
        { digest: readme.digest, size: readme.bytes.length },
        readme.bytes,
        options,
      ),

    async pushManifest(name, version, options) {
      const manifest = { mediaType: mediaTypes.ociManifest, bytes: version.bytes };
      await repository(name).manifests.push(manifest, options);
    },

    async pushBundle(name, { bytes, bundle }, options) {
      const { blobs, manifests } = repository(name);
      await blobs.push(emptyDescriptor, emptyContent, options);
      await blobs.push(bundle, bundle.bytes, options);
      await manifests.push({ mediaType: mediaTypes.ociManifest, bytes }, options);
    },

    tagVersion: (name, version, digest, options) =>
      repository(name).manifests.tag(digest, versionTag(version), options),

    async versionTagged(name, version, digest, options) {
      const found = await repository(name).manifests.resolve(versionTag(version), options);
      return found?.digest === digest;
    },

    async tagReferrers(name, bundles, options) {
      const asked = { ...options, repository: packageRepository(name) };
      if (bundles.length === 0 || (await registry.referrersApi(asked))) return;
      for (const digest of bundles) {
        await repository(name).manifests.tag(digest, referrerTag(hexOf(digest)), options);
      }
    },

    async facts(name, digest, bundles, options) {
      const stored = await repository(name).manifests.fetch(digest, options);
      if (!stored) return undefined;
      const manifest = parseManifest(stored.bytes, digest);
      const document = await readDocument(name, manifest, options);
      if (!document) return undefined;
      const signatures = await signatureFacts(name, bundles, options);
      return versionFacts(digest, manifest, document, signatures);
    },

    signatureFacts,

    async signatures(name, bundles, options) {
      const found: StoredSignature[] = [];
      for (const bundle of bundles) {
        const signature = await openSignature(name, bundle, options);
        if (!signature) continue;
        const { key, content } = signature;
        found.push({ ...(await signature.fact()), key, content: await content() });
      }
      return found;
    },

    archiveExists: async (name, digest, options) =>
      (await repository(name).blobs.stat(digest, options)) !== undefined,

    async openArchive(name, digest, { relayed, ...options } = {}) {
      const relay = relayed && {
        transient: relayed.bytes >= transientBytesMin,
        hashed: (stamp?: string) => hashed.has(name, digest, stamp),
      };
      const read = await repository(name).blobs.fetch(digest, { ...options, ...relay });
      return read && options.range === undefined ? hashed.noteRead(name, read) : read;
    },

    readme: (name, digest, options) =>
      readSmallBlob(repository(name).blobs, digest, readmeBytesMax, options),
  };

  async function readDocument(
    name: PackageName,
    manifest: ImageManifest,
    options?: CallOptions,
  ): Promise<PackageDocument | undefined> {
    const { config } = manifest;
    const bytes =
      config.data === undefined
        ? await findSmallBlob(
            repository(name).blobs,
            config.digest,
            jsonDocumentBytesMax + 4096,
            options,
          )
        : Buffer.from(config.data, 'base64');
    if (!bytes) return undefined;
    if (`sha256:${sha256Hex(bytes)}` !== config.digest) {
      throw new VitteError(
        'PKG_E_INTEGRITY',
        `the document of ${name} is not its config's content`,
      );
    }
    return JSON.parse(bytes.toString('utf8')) as PackageDocument;
  }

  async function signatureFacts(name: PackageName, bundles: Digest[], options?: CallOptions) {
    const found: SignatureFact[] = [];
    for (const bundle of bundles) {
      const signature = await openSignature(name, bundle, options);
      if (signature) found.push(await signature.fact());
    }
    return found;
  }

  /** A signature's referrer; its bundle is read only where it is asked for. */
  async function openSignature(name: PackageName, digest: Digest, options?: CallOptions) {
    const { blobs, manifests } = repository(name);
    const stored = await manifests.fetch(digest, options);
    const manifest = stored && parseManifest(stored.bytes, digest);
    const layer = manifest?.layers[0];
    if (!manifest || !layer) return undefined;
    const key = manifest.annotations?.[annotations.signatureKey];
    const content = () => readSmallBlob(blobs, layer.digest, bundleBytesMax, options);
    const fact = async (): Promise<SignatureFact> => ({
      bundle: digest,
      kid: key === undefined ? hintedKid(await content()) : keyId(key),
      verified: key !== undefined,
    });
    return { key, content, fact };
  }
}

/** First 32 hex of the SHA-256 of the key's SPKI DER. */
function keyId(spkiBase64: string): string {
  return sha256Hex(Buffer.from(spkiBase64, 'base64')).slice(0, 32);
}

/** The same, from a bundle's hint, which is the whole SHA-256. */
function hintedKid(content: Uint8Array): string {
  const bundle = parseJson(content, 'a signature bundle');
  const material = isJsonObject(bundle) ? bundle.verificationMaterial : undefined;
  const key = isJsonObject(material) ? material.publicKey : undefined;
  const hint = isJsonObject(key) && typeof key.hint === 'string' ? key.hint : '';
  return Buffer.from(hint, 'base64').toString('hex').slice(0, 32);
}

function parseManifest(bytes: Uint8Array, digest: Digest): ImageManifest {
  const value = parseJson(bytes, `manifest ${digest}`);
  const shaped =
    isJsonObject(value) &&
    isJsonObject(value.config) &&
    typeof value.config.digest === 'string' &&
    Array.isArray(value.layers) &&
    value.layers.every((layer) => isJsonObject(layer) && typeof layer.digest === 'string');
  if (!shaped) throw new VitteError('PKG_E_STORE_FORMAT', `manifest ${digest} is malformed`);
  const manifest = value as unknown as ImageManifest;
  for (const descriptor of [manifest.config, ...manifest.layers]) parseDigest(descriptor.digest);
  return manifest;
}
