import { type Digest, sha256 } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { abortable } from './abortable.ts';
import { collect, streamOf } from './content.ts';
import { manifestFacts } from './manifest.ts';
import { editTable, emptyTable, findManifest, type ManifestTable } from './manifest-table.ts';
import { checkReference, checkTag, parseRepositoryName } from './names.ts';
import { plainDescriptor } from './pack.ts';
import type { BlobStore, CallOptions, ManifestStore, Registry, Repository } from './port.ts';
import { spanOf } from './range.ts';
import { createReferrerMap, type ReferrerMap } from './referrer-map.ts';
import {
  createUploadSessions,
  type UploadLimits,
  type UploadSessions,
  type UploadSink,
} from './upload-sessions.ts';
import { manifestDigest, verifyBytes } from './verify.ts';

/** What a single blob may hold: the memory store is for tests and for trying things out. */
const blobBytesMax = 1024 ** 3;
const pieceBytes = 256 * 1024;

type Held = {
  blobs: Map<Digest, Uint8Array>;
  manifests: Map<Digest, Uint8Array>;
  table: ManifestTable;
  referrers: ReferrerMap;
};

/** A registry in memory: everything the port promises, nothing that outlives the process. */
export function createMemoryStore(options: { uploads?: UploadLimits } = {}): Registry {
  const repositories = new Map<string, Held>();
  const sessions = createUploadSessions(options.uploads);
  return {
    referrersApi: async (callOptions) => {
      callOptions?.signal?.throwIfAborted();
      return true;
    },
    repository: (name) => openRepository(repositories, sessions, parseRepositoryName(name)),
    async *repositories(callOptions) {
      for (const name of [...repositories.keys()]) {
        callOptions?.signal?.throwIfAborted();
        yield name;
      }
    },
    close: () => sessions.end(),
  };
}

function openRepository(
  repositories: Map<string, Held>,
  sessions: UploadSessions,
  name: string,
): Repository {
  const read = (options?: CallOptions): Held | undefined => {
    options?.signal?.throwIfAborted();
    return repositories.get(name);
  };
  const write = (options?: CallOptions): Held => {
    const held = read(options) ?? {
      blobs: new Map(),
      manifests: new Map(),
      table: emptyTable,
      referrers: createReferrerMap(),
    };
    repositories.set(name, held);
    return held;
  };
  return {
    name,
    registry: repositories,
    blobs: openBlobs(repositories, read, write),
    manifests: openManifests(read, write),
    uploads: sessions.store(name, async () => memorySink(write)),
    async *tags(options) {
      for (const tag of read(options)?.table.tags.keys() ?? []) {
        options?.signal?.throwIfAborted();
        yield tag;
      }
    },
    async *referrers(subject, options) {
      const held = read(options);
      for (const referrer of held?.referrers.of(subject) ?? []) {
        const { artifactType = referrer.artifactType } = options ?? {};
        if (artifactType !== referrer.artifactType || !held?.manifests.has(referrer.digest)) {
          continue;
        }
        options?.signal?.throwIfAborted();
        yield structuredClone(referrer);
      }
    },
  };
}

type Open<T> = (options?: CallOptions) => T;

function openBlobs(
  repositories: Map<string, Held>,
  read: Open<Held | undefined>,
  write: Open<Held>,
): BlobStore {
  return {
    async fetch(digest, options) {
      const bytes = read(options)?.blobs.get(digest);
      if (!bytes) return undefined;
      const { start, end } = spanOf(options?.range, bytes.length);
      const body = abortable(pieces(bytes.subarray(start, end)), options?.signal);
      return { digest, size: bytes.length, body };
    },
    async stat(digest, options) {
      const bytes = read(options)?.blobs.get(digest);
      return bytes && { size: bytes.length };
    },
    async push(target, content, options) {
      const source = abortable(streamOf(content), options?.signal);
      const bytes = await collect(source, blobBytesMax);
      verifyBytes(bytes, target);
      write(options).blobs.set(target.digest, bytes);
    },
    async stage(source, options) {
      const bytes = await collect(abortable(source, options?.signal), blobBytesMax);
      const digest = sha256(bytes);
      const descriptor = { mediaType: 'application/octet-stream', digest, size: bytes.length };
      return {
        digest,
        size: bytes.length,
        async commit(commitOptions) {
          write(commitOptions).blobs.set(digest, bytes);
          return descriptor;
        },
        abort: async () => {},
      };
    },
    async mount(digest, from, options) {
      const source = repositories.get(parseRepositoryName(from))?.blobs.get(digest);
      if (source) write(options).blobs.set(digest, source);
      return source !== undefined;
    },
    delete: async (digest, options) => read(options)?.blobs.delete(digest) ?? false,
  };
}

/** The bytes of an upload: all that it was told of, in order. */
function memorySink(write: Open<Held>): UploadSink {
  let held: Uint8Array[] = [];
  return {
    async append(position, source, onWritten) {
      let size = position;
      for await (const piece of source) {
        size += piece.length;
        if (size > blobBytesMax) {
          throw new VitteError('PKG_E_STORAGE_ANSWER', `content is over ${blobBytesMax} bytes`);
        }
        held.push(new Uint8Array(piece));
        onWritten(piece);
      }
    },
    content: () => pieces(Buffer.concat(held)),
    async commit({ digest }, options) {
      write(options).blobs.set(digest, new Uint8Array(Buffer.concat(held)));
    },
    async remove() {
      held = [];
    },
  };
}

function openManifests(read: Open<Held | undefined>, write: Open<Held>): ManifestStore {
  return {
    sha512: true,
    async fetch(reference, options) {
      checkReference(reference);
      const held = read(options);
      const found = held && findManifest(held.table, reference);
      const bytes = found && held.manifests.get(found.digest);
      return bytes && { descriptor: plainDescriptor(found), bytes: new Uint8Array(bytes) };
    },
    async resolve(reference, options) {
      checkReference(reference);
      const held = read(options);
      const found = held && findManifest(held.table, reference);
      return found && plainDescriptor(found);
    },
    async push({ mediaType, bytes }, options) {
      if (options?.tag !== undefined) checkTag(options.tag);
      const facts = manifestFacts(bytes, mediaType);
      const digest = manifestDigest(bytes, options?.digest);
      const descriptor = { mediaType, digest, size: bytes.length };
      const held = write(options);
      held.manifests.set(descriptor.digest, new Uint8Array(bytes));
      held.referrers.learn(descriptor, facts);
      const edit = editTable(held.table);
      edit.put(descriptor, options?.tag);
      held.table = edit.done();
      return descriptor;
    },
    async tag(digest, tag, options) {
      checkTag(tag);
      const held = read(options);
      const edit = editTable(held?.table ?? emptyTable);
      if (!edit.tag(digest, tag)) {
        throw new VitteError('PKG_E_STORAGE_ANSWER', `there is no manifest ${digest} to tag`);
      }
      if (held) held.table = edit.done();
    },
    async untag(tags, options) {
      const held = read(options);
      if (!held) return;
      const edit = editTable(held.table);
      for (const tag of tags) edit.untag(tag);
      held.table = edit.done();
    },
    async delete(digest, options) {
      const held = read(options);
      if (!held?.manifests.delete(digest)) return false;
      const edit = editTable(held.table);
      edit.remove(digest);
      held.table = edit.done();
      return true;
    },
  };
}

/** Copies, so that a reader can change nothing in the store. */
async function* pieces(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    yield new Uint8Array(bytes.subarray(at, at + pieceBytes));
  }
}
