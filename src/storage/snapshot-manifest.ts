// The manifests of snapshots (spec/journal.md, "Snapshots"): what they say of themselves, and which layers hold what.
import { type Descriptor, emptyDescriptor, type ImageManifest } from '../core/descriptor.ts';
import { type Digest, isDigest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import type { JournalHead } from '../core/journal-entry.ts';
import { canonicalBytes, isJsonObject, parseJson } from '../core/json.ts';
import { ociMetadataBytesMax } from '../core/limits.ts';
import { type ManifestProfile, manifestType } from '../core/manifest-profile.ts';
import { annotations, mediaTypes } from '../core/media-types.ts';

/** What a reader must know to read a snapshot: one that says another word is ignored. */
export const indexSchema = 'vitte.index.v1';
export const stateSchema = 'vitte.state.v1';

const pieceTypes = {
  entries: mediaTypes.indexEntries,
  states: mediaTypes.indexStates,
  downloads: mediaTypes.indexDownloads,
} as const;

export type PieceKind = keyof typeof pieceTypes;

/** A part of the snapshot of an index: lines of JSON, compressed. `bytes` is what they come to when they are read. */
export type Piece = { kind: PieceKind; digest: Digest; size: number; rows: number; bytes: number };

/** The snapshot of an index. */
export type IndexSnapshot = {
  /** Where in the journal it ends: a head that the index had. */
  position: JournalHead;
  /** The store's id, as entry 1 says it. */
  store: string;
  /** Every package that an entry up to this number names has a row in the pieces `states`. */
  states: number;
  /** Those of one kind in the order in which they are to be read. */
  pieces: readonly Piece[];
};

/** The snapshot of a package: its record lies in a layer of its own. */
export type StateSnapshot = { position: JournalHead; record: Digest };

/** The manifest of an index's snapshot. */
export function encodeIndexSnapshot(snapshot: IndexSnapshot, profile: ManifestProfile): Buffer {
  const { position, store, states, pieces } = snapshot;
  return encode(
    manifestType(profile, mediaTypes.indexSnapshot),
    pieces.map(({ kind, digest, size, rows, bytes }) => ({
      mediaType: pieceTypes[kind],
      digest,
      size,
      annotations: {
        [annotations.snapshotRows]: String(rows),
        [annotations.snapshotBytes]: String(bytes),
      },
    })),
    {
      [annotations.snapshotSchema]: indexSchema,
      [annotations.snapshotStore]: store,
      [annotations.snapshotStates]: String(states),
      ...positionNotes(position),
    },
  );
}

/** Reads it; undefined for one of another schema. Throws PKG_E_STORE_FORMAT. */
export function decodeIndexSnapshot(bytes: Uint8Array): IndexSnapshot | undefined {
  return decode(bytes, indexSchema, (notes, layers) => ({
    position: positionOf(notes),
    store: notes[annotations.snapshotStore] ?? '',
    states: count(notes[annotations.snapshotStates]),
    pieces: layers.flatMap((layer) => {
      const kind = kindOf(layer);
      // What a later release adds is of no use here.
      if (!kind) return [];
      const { digest, size, annotations: own = {} } = layer;
      const rows = count(own[annotations.snapshotRows]);
      return [{ kind, digest, size, rows, bytes: count(own[annotations.snapshotBytes]) }];
    }),
  }));
}

/** The manifest of a package's snapshot. `record` is the one layer. */
export function encodeStateSnapshot(
  position: JournalHead,
  record: { digest: Digest; size: number },
  profile: ManifestProfile,
): Buffer {
  return encode(
    manifestType(profile, mediaTypes.stateSnapshot),
    [{ mediaType: mediaTypes.stateRecord, ...record }],
    { [annotations.snapshotSchema]: stateSchema, ...positionNotes(position) },
  );
}

/** Reads it; undefined for one of another schema. Throws PKG_E_STORE_FORMAT. */
export function decodeStateSnapshot(bytes: Uint8Array): StateSnapshot | undefined {
  return decode(bytes, stateSchema, (notes, layers) => {
    const layer = layers.find(({ mediaType }) => mediaType === mediaTypes.stateRecord);
    if (!layer) throw new TypeError('no record');
    return { position: positionOf(notes), record: layer.digest };
  });
}

/** The digests of the content that a snapshot's manifest names, whatever its schema; none of what is no manifest. */
export function layersOf(bytes: Uint8Array): Digest[] {
  const manifest = parseJson(bytes, 'a snapshot', ociMetadataBytesMax);
  const layers = isJsonObject(manifest) && Array.isArray(manifest.layers) ? manifest.layers : [];
  return layers.flatMap((layer) => {
    const digest = isJsonObject(layer) ? layer.digest : undefined;
    return typeof digest === 'string' && isDigest(digest) ? [digest] : [];
  });
}

function encode(
  type: Pick<ImageManifest, 'artifactType' | 'config'>,
  layers: Descriptor[],
  notes: Record<string, string>,
): Buffer {
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    ...type,
    layers: layers.length > 0 ? layers : [emptyDescriptor],
    annotations: notes,
  };
  return canonicalBytes(manifest);
}

function decode<T>(
  bytes: Uint8Array,
  schema: string,
  read: (notes: Record<string, string>, layers: Descriptor[]) => T,
): T | undefined {
  try {
    const value = parseJson(bytes, 'a snapshot', ociMetadataBytesMax);
    const manifest = value as unknown as ImageManifest;
    const notes = manifest.annotations ?? {};
    if (notes[annotations.snapshotSchema] !== schema) return undefined;
    for (const { digest, size } of manifest.layers) {
      if (!isDigest(digest) || !Number.isSafeInteger(size)) throw new TypeError('no descriptor');
    }
    return read(notes, manifest.layers);
  } catch (cause) {
    throw new VitteError('PKG_E_STORE_FORMAT', 'a snapshot is malformed', { cause });
  }
}

function kindOf({ mediaType }: Descriptor): PieceKind | undefined {
  return (Object.keys(pieceTypes) as PieceKind[]).find((kind) => pieceTypes[kind] === mediaType);
}

function positionNotes({ sequence, batch, term, ordinal }: JournalHead): Record<string, string> {
  return {
    [annotations.snapshotSequence]: String(sequence),
    [annotations.snapshotBatch]: batch,
    [annotations.snapshotTerm]: term,
    [annotations.snapshotOrdinal]: String(ordinal),
  };
}

function positionOf(notes: Record<string, string>): JournalHead {
  const batch = notes[annotations.snapshotBatch] ?? '';
  const term = notes[annotations.snapshotTerm] ?? '';
  if (!isDigest(batch) || term === '') throw new TypeError('no position');
  return {
    sequence: count(notes[annotations.snapshotSequence]),
    batch,
    term,
    ordinal: count(notes[annotations.snapshotOrdinal]),
  };
}

function count(text: string | undefined): number {
  if (text === undefined || !/^(0|[1-9][0-9]{0,14})$/.test(text)) {
    throw new TypeError('not a count');
  }
  return Number(text);
}
