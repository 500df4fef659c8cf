import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { emptyContent, emptyDescriptor } from '../core/descriptor.ts';
import { type Digest, sha256 } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import type { JournalHead } from '../core/journal-entry.ts';
import { type ManifestProfile, standardProfile } from '../core/manifest-profile.ts';
import { mediaTypes } from '../core/media-types.ts';
import type { PackageName } from '../core/name.ts';
import type { CallOptions, Registry, Repository } from '../oci/port.ts';
import { indexTag, journalRepository, packageRepository, stateTag } from './repositories.ts';
import { findSmallBlob } from './small-blob.ts';
import {
  decodeIndexSnapshot,
  decodeStateSnapshot,
  encodeIndexSnapshot,
  encodeStateSnapshot,
  type IndexSnapshot,
  layersOf,
  type Piece,
  type PieceKind,
  type StateSnapshot,
} from './snapshot-manifest.ts';

/** What one piece, or one record, comes to when it is read, and as it lies in the store. */
export const snapshotBytesMax = 64 * 1024 * 1024;

/**
 * Snapshots of the index as they lie in the store: derived, and nothing is decided by one. What was written last stands;
 * who reads it makes sure that its position lies on the journal's chain. Nothing here asks for that.
 */
export type SnapshotStore = {
  /** What `_index` names; undefined where there is none, or one of a schema that this release does not know. */
  index(options?: CallOptions): Promise<IndexSnapshot | undefined>;
  /** A piece's lines. PKG_E_STORE_FORMAT where they are gone or malformed. */
  piece(piece: Piece, options?: CallOptions): Promise<Buffer>;
  pushPiece(kind: PieceKind, lines: Buffer, rows: number, options?: CallOptions): Promise<Piece>;
  /** Points `_index` at a snapshot whose pieces were pushed. */
  writeIndex(snapshot: IndexSnapshot, options?: CallOptions): Promise<void>;
  /** What a package's `_state` names; undefined likewise. */
  state(name: PackageName, options?: CallOptions): Promise<StateSnapshot | undefined>;
  /** The JSON of a package's record; undefined where it is gone. PKG_E_STORE_FORMAT where it is malformed. */
  record(name: PackageName, digest: Digest, options?: CallOptions): Promise<Buffer | undefined>;
  /**
   * Points a package's `_state` at its record, and gives the record's digest. With `unlessSame` nothing is written
   * where the very record stands there, at whatever position.
   */
  writeState(
    name: PackageName,
    position: JournalHead,
    record: Buffer,
    options?: CallOptions & { unlessSame?: boolean },
  ): Promise<Digest>;
};

export type SnapshotStoreOptions = {
  /** By which profile manifests are made. */
  profile?: (options?: CallOptions) => Promise<ManifestProfile>;
  /**
   * True for a storage without a collector (a folder): what a snapshot leaves behind is deleted with the next. A
   * registry's collector takes what no manifest names.
   */
  tidies?: boolean;
};

export function openSnapshotStore(
  registry: Registry,
  { profile = async () => standardProfile, tidies = false }: SnapshotStoreOptions = {},
): SnapshotStore {
  const journal = registry.repository(journalRepository);
  const repository = (name: PackageName) => registry.repository(packageRepository(name));

  return {
    async index(options) {
      const stored = await journal.manifests.fetch(indexTag, options);
      return stored && decodeIndexSnapshot(stored.bytes);
    },

    async piece({ digest }, options) {
      const bytes = await read(journal, digest, options);
      if (bytes) return bytes;
      throw new VitteError('PKG_E_STORE_FORMAT', `piece ${digest} of the snapshot is gone`);
    },

    async pushPiece(kind, lines, rows, options) {
      const { digest, size } = await push(journal, await compressed(lines), options);
      return { kind, digest, size, rows, bytes: lines.length };
    },

    async writeIndex(snapshot, options) {
      const bytes = encodeIndexSnapshot(snapshot, await profile(options));
      await write(journal, indexTag, bytes, options);
    },

    state,

    record: (name, digest, options) => read(repository(name), digest, options),

    async writeState(name, position, record, { unlessSame = false, ...options } = {}) {
      const content = await compressed(record);
      if (unlessSame && (await state(name, options))?.record === content.digest) {
        return content.digest;
      }
      const layer = await push(repository(name), content, options);
      const bytes = encodeStateSnapshot(position, layer, await profile(options));
      await write(repository(name), stateTag, bytes, options);
      return content.digest;
    },
  };

  async function state(name: PackageName, options?: CallOptions) {
    const stored = await repository(name).manifests.fetch(stateTag, options);
    return stored && decodeStateSnapshot(stored.bytes);
  }

  async function write(
    { blobs, manifests }: Repository,
    tag: string,
    bytes: Buffer,
    options?: CallOptions,
  ) {
    const before = tidies ? await manifests.fetch(tag, options) : undefined;
    await blobs.push(emptyDescriptor, emptyContent, options);
    const manifest = { mediaType: mediaTypes.ociManifest, bytes };
    const { digest } = await manifests.push(manifest, { ...options, tag });
    if (!before || before.descriptor.digest === digest) return;
    // What can't be deleted now is waste and nothing worse.
    try {
      const kept = new Set([...layersOf(bytes), emptyDescriptor.digest]);
      await manifests.delete(before.descriptor.digest, options);
      for (const layer of layersOf(before.bytes)) {
        if (!kept.has(layer)) await blobs.delete(layer, options);
      }
    } catch {
      options?.signal?.throwIfAborted();
    }
  }
}

type Compressed = { digest: Digest; bytes: Buffer };

async function compressed(content: Buffer): Promise<Compressed> {
  if (content.length > snapshotBytesMax) {
    throw new VitteError('PKG_E_STORE_FORMAT', `a snapshot is over ${snapshotBytesMax} bytes`);
  }
  const bytes = await promisify(gzip)(content);
  return { digest: sha256(bytes), bytes };
}

async function push({ blobs }: Repository, { digest, bytes }: Compressed, options?: CallOptions) {
  const descriptor = { digest, size: bytes.length };
  await blobs.push(descriptor, bytes, options);
  return descriptor;
}

async function read(
  { blobs }: Repository,
  digest: Digest,
  options?: CallOptions,
): Promise<Buffer | undefined> {
  const bytes = await findSmallBlob(blobs, digest, snapshotBytesMax, options);
  if (!bytes) return undefined;
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: snapshotBytesMax });
  } catch (cause) {
    throw new VitteError('PKG_E_STORE_FORMAT', `blob ${digest} is no snapshot`, { cause });
  }
}
