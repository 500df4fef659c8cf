import { randomBytes } from 'node:crypto';
import { type Descriptor, emptyDescriptor, type ImageManifest } from '../core/descriptor.ts';
import { type Digest, parseDigest, sha256, sha256Hex } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { type Entry, entryFields, isPublic, parseEntry } from '../core/journal-entry.ts';
import { canonicalBytes, canonicalJson, isJsonObject, parseJson } from '../core/json.ts';
import { journalEntryBytesMax } from '../core/limits.ts';
import { manifestType, mayBeOfType, standardProfile } from '../core/manifest-profile.ts';
import { annotations, mediaTypes } from '../core/media-types.ts';
import { batchTag } from './repositories.ts';
import { parseTerm, type Term } from './term.ts';

/** What a batch's manifest says of it; its entries lie in the layers. */
export type BatchHeader = {
  term: Term;
  /** Place within the term, from 0. */
  ordinal: number;
  /** Digest of the batch before it in the chain; undefined for the first of all. */
  previous: Digest | undefined;
  /** Number of its first entry; of the next one to come where it is empty. */
  first: number;
  count: number;
  /** Every version published up to this number has its tags. */
  tagged: number;
};

export type StoredBatch = BatchHeader & {
  digest: Digest;
  entriesLayer: Descriptor | undefined;
  privateLayer: Descriptor | undefined;
};

/** A batch ready to be pushed: the same bytes at each attempt. */
export type EncodedBatch = {
  header: BatchHeader;
  tag: string;
  digest: Digest;
  bytes: Buffer;
  blobs: { descriptor: Descriptor; bytes: Buffer }[];
};

/** Encodes a batch. Private entries stand in it as commitments, salted anew at each call. */
export function encodeBatch(header: Omit<BatchHeader, 'count'>, entries: Entry[]): EncodedBatch {
  const lines: string[] = [];
  const privateLines: string[] = [];
  for (const entry of entries) {
    const line = canonicalJson(entryFields(entry));
    if (line.length > journalEntryBytesMax) {
      throw new VitteError(
        'PKG_E_REQUEST',
        `a journal entry is over ${journalEntryBytesMax} bytes`,
      );
    }
    if (isPublic(entry)) lines.push(line);
    else {
      const salt = randomBytes(32);
      lines.push(canonicalJson({ commit: commitment(salt, line) }));
      privateLines.push(
        canonicalJson({ n: entry.n, salt: salt.toString('base64'), event: entryFields(entry) }),
      );
    }
  }
  const blobs = [
    ...layer(mediaTypes.journalEntries, lines),
    ...layer(mediaTypes.journalPrivate, privateLines),
  ];
  const layers = blobs.map((blob) => blob.descriptor);
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    ...manifestType(header.term.profile ?? standardProfile, mediaTypes.journal),
    layers: layers.length > 0 ? layers : [emptyDescriptor],
    annotations: {
      ...(header.previous ? { [annotations.journalPrevious]: header.previous } : {}),
      [annotations.journalTerm]: header.term.name,
      [annotations.journalOrdinal]: String(header.ordinal),
      [annotations.journalFirst]: String(header.first),
      [annotations.journalCount]: String(entries.length),
      [annotations.journalTagged]: String(header.tagged),
    },
  };
  const bytes = canonicalBytes(manifest);
  return {
    header: { ...header, count: entries.length },
    tag: batchTag(header.term.name, header.ordinal),
    digest: sha256(bytes),
    bytes,
    blobs,
  };
}

/** Reads a batch's manifest. Throws PKG_E_STORE_FORMAT. */
export function decodeBatch(digest: Digest, bytes: Uint8Array): StoredBatch {
  const malformed = (cause?: unknown) =>
    new VitteError('PKG_E_STORE_FORMAT', `journal batch ${digest} is malformed`, { cause });
  try {
    const manifest = parseJson(bytes, `journal batch ${digest}`) as unknown as ImageManifest;
    const notes = manifest.annotations ?? {};
    const term = parseTerm(notes[annotations.journalTerm] ?? '');
    const previous = notes[annotations.journalPrevious];
    const layers = Array.isArray(manifest.layers) ? manifest.layers : [];
    if (!mayBeOfType(manifest, mediaTypes.journal) || !term) throw malformed();
    return {
      digest,
      term,
      ordinal: count(notes[annotations.journalOrdinal]),
      previous: previous === undefined ? undefined : parseDigest(previous),
      first: count(notes[annotations.journalFirst]),
      count: count(notes[annotations.journalCount]),
      tagged: count(notes[annotations.journalTagged]),
      entriesLayer: layers.find((layer) => layer.mediaType === mediaTypes.journalEntries),
      privateLayer: layers.find((layer) => layer.mediaType === mediaTypes.journalPrivate),
    };
  } catch (cause) {
    throw malformed(cause);
  }
}

/**
 * Reads a batch's entries from its layers, checking numbers and commitments. Throws PKG_E_STORE_FORMAT, or
 * PKG_E_INTEGRITY where a private event is not what its leaf commits to.
 */
export function decodeEntries(
  header: BatchHeader,
  entryLines: Uint8Array,
  privateLines: Uint8Array,
): Entry[] {
  const salted = new Map(
    jsonLines(privateLines).map((line) => {
      const { n, salt, event } = isJsonObject(line) ? line : {};
      if (typeof n !== 'number' || typeof salt !== 'string' || !isJsonObject(event)) {
        throw new VitteError('PKG_E_STORE_FORMAT', 'a private journal event is malformed');
      }
      return [n, { salt, event }] as const;
    }),
  );
  const leaves = jsonLines(entryLines);
  if (leaves.length !== header.count) {
    throw new VitteError('PKG_E_STORE_FORMAT', 'a journal batch holds another number of entries');
  }
  return leaves.map((leaf, index) => {
    const n = header.first + index;
    if (!isJsonObject(leaf) || typeof leaf.commit !== 'string') return parseEntry(leaf, n);
    const opened = salted.get(n);
    const commit =
      opened && commitment(Buffer.from(opened.salt, 'base64'), canonicalJson(opened.event));
    if (!opened || commit !== leaf.commit) {
      throw new VitteError('PKG_E_INTEGRITY', `journal entry ${n} is not what its leaf commits to`);
    }
    return parseEntry(opened.event, n);
  });
}

/** `{"commit": …}` of a private entry: hex SHA-256 of the salt and the entry's canonical JSON. */
function commitment(salt: Uint8Array, line: string): string {
  return sha256Hex(Buffer.concat([salt, Buffer.from(line)]));
}

function layer(mediaType: string, lines: string[]) {
  if (lines.length === 0) return [];
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  return [{ descriptor: { mediaType, digest: sha256(bytes), size: bytes.length }, bytes }];
}

function jsonLines(bytes: Uint8Array) {
  const text = Buffer.from(bytes).toString('utf8');
  const lines = text.split('\n');
  if (lines.pop() !== '') {
    throw new VitteError('PKG_E_STORE_FORMAT', 'a journal layer does not end with a line feed');
  }
  return lines.map((line) => parseJson(Buffer.from(line), 'a journal line'));
}

function count(text: string | undefined): number {
  if (text === undefined || !/^(0|[1-9][0-9]{0,14})$/.test(text))
    throw new TypeError('not a count');
  return Number(text);
}
