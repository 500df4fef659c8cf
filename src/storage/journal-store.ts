import { emptyContent, emptyDescriptor } from '../core/descriptor.ts';
import type { Digest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import type { Entry } from '../core/journal-entry.ts';
import { type ManifestProfile, standardProfile } from '../core/manifest-profile.ts';
import { mediaTypes } from '../core/media-types.ts';
import type { CallOptions, Registry } from '../oci/port.ts';
import { decodeBatch, decodeEntries, type EncodedBatch, type StoredBatch } from './batch.ts';
import {
  batchTag,
  journalRepository,
  parseBatchTag,
  termsRepository,
  termTag,
} from './repositories.ts';
import { readSmallBlob } from './small-blob.ts';
import { isTermDigest, parseTerm, type Term, termManifest } from './term.ts';

/** Entries layers hold at most 256 items of at most 64 KiB; the writer stops at 1 MiB long before. */
const layerBytesMax = 32 * 1024 * 1024;

/** A term's name, and the number of a batch within it. */
export type BatchPlace = { term: string; ordinal: number };

/** The journal as it lies in the OCI registry. `sync/journal.ts` knows the order in which these are called. */
export type JournalStore = {
  /** By which profile a new term is to be made; asked before anything is written. */
  profile(options?: CallOptions): Promise<ManifestProfile>;
  /** Every term that was ever proposed, highest number first. */
  terms(options?: CallOptions): Promise<Term[]>;
  /** Proposes a term: its own tag first, then `_term`. */
  proposeTerm(term: Term, options?: CallOptions): Promise<void>;
  /** What `_term` names: the digest of a term's manifest; undefined in an empty store. */
  standingTerm(options?: CallOptions): Promise<Digest | undefined>;
  /** The fence: whether `_term` names this term. */
  termStands(term: Term, options?: CallOptions): Promise<boolean>;
  /** The last batch of the first of these terms that has one. */
  lastBatch(terms: readonly Term[], options?: CallOptions): Promise<StoredBatch | undefined>;
  /** A batch's manifest by digest. Throws PKG_E_STORE_FORMAT where it is gone. */
  batch(digest: Digest, options?: CallOptions): Promise<StoredBatch>;
  /** Where a batch stands, for every one that has its tag, those beside the chain among them. */
  batchPlaces(options?: CallOptions): Promise<BatchPlace[]>;
  /** The batch that stands there; undefined where none does. */
  batchAt(place: BatchPlace, options?: CallOptions): Promise<StoredBatch | undefined>;
  entries(batch: StoredBatch, options?: CallOptions): Promise<Entry[]>;
  /**
   * Puts a batch's own tag on it again. Safe beside any writer: the tag is only ever written with this content.
   * PKG_E_STORAGE_ANSWER where the batch is gone.
   */
  tagBatch(batch: StoredBatch, options?: CallOptions): Promise<void>;
  /** Pushes a batch, layers first, under its tag. Idempotent. */
  writeBatch(batch: EncodedBatch, options?: CallOptions): Promise<void>;
};

export function openJournalStore(
  registry: Registry,
  profile: JournalStore['profile'] = async () => standardProfile,
): JournalStore {
  const journal = registry.repository(journalRepository);
  const proposals = registry.repository(termsRepository);

  return {
    profile,

    async terms(options) {
      const terms: Term[] = [];
      for await (const tag of proposals.tags(options)) {
        const term = parseTerm(tag);
        if (term) terms.push(term);
      }
      return terms.sort((a, b) => b.number - a.number || (a.name < b.name ? 1 : -1));
    },

    async proposeTerm(term, options) {
      const manifest = termManifest(term);
      await proposals.blobs.push(emptyDescriptor, emptyContent, options);
      await proposals.manifests.push(manifest, { ...options, tag: term.name });
      await journal.blobs.push(emptyDescriptor, emptyContent, options);
      // Never repeated, by no layer: a repetition that comes late would put an older term in the place of a newer.
      await journal.manifests.push(manifest, { ...options, tag: termTag, once: true });
    },

    standingTerm,

    async termStands(term, options) {
      return isTermDigest(await standingTerm(options), term);
    },

    async lastBatch(terms, options) {
      const lastOrdinals = new Map<string, number>();
      for await (const tag of journal.tags(options)) {
        const found = parseBatchTag(tag);
        if (!found) continue;
        const ordinal = Math.max(found.ordinal, lastOrdinals.get(found.term) ?? 0);
        lastOrdinals.set(found.term, ordinal);
      }
      for (const { name } of terms) {
        const ordinal = lastOrdinals.get(name);
        if (ordinal !== undefined) return fetchBatch(batchTag(name, ordinal), options);
      }
      return undefined;
    },

    batch: fetchBatch,

    async batchPlaces(options) {
      const places: BatchPlace[] = [];
      for await (const tag of journal.tags(options)) {
        const place = parseBatchTag(tag);
        if (place) places.push(place);
      }
      return places;
    },

    async batchAt({ term, ordinal }, options) {
      const found = await journal.manifests.fetch(batchTag(term, ordinal), options);
      return found && decodeBatch(found.descriptor.digest, found.bytes);
    },

    async entries(batch, options) {
      const [entryLines, privateLines] = await Promise.all(
        [batch.entriesLayer, batch.privateLayer].map((layer) =>
          layer
            ? readSmallBlob(journal.blobs, layer.digest, layerBytesMax, options)
            : Buffer.alloc(0),
        ),
      );
      return decodeEntries(batch, entryLines ?? Buffer.alloc(0), privateLines ?? Buffer.alloc(0));
    },

    tagBatch: ({ digest, term, ordinal }, options) =>
      journal.manifests.tag(digest, batchTag(term.name, ordinal), options),

    async writeBatch(batch, options) {
      for (const { descriptor, bytes } of batch.blobs) {
        await journal.blobs.push(descriptor, bytes, options);
      }
      const manifest = { mediaType: mediaTypes.ociManifest, bytes: batch.bytes };
      await journal.manifests.push(manifest, { ...options, tag: batch.tag });
    },
  };

  async function standingTerm(options?: CallOptions): Promise<Digest | undefined> {
    return (await journal.manifests.resolve(termTag, options))?.digest;
  }

  async function fetchBatch(reference: string, options?: CallOptions): Promise<StoredBatch> {
    const found = await journal.manifests.fetch(reference, options);
    if (!found) {
      throw new VitteError(
        'PKG_E_STORE_FORMAT',
        `journal batch ${reference} is gone from the store`,
        {
          help: 'restore the repository vitte-registry from a backup of the storage',
        },
      );
    }
    return decodeBatch(found.descriptor.digest, found.bytes);
  }
}
