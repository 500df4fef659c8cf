// Uploads that a client of ours makes in several calls, passed on piece by piece to a session of the storage.
import type { Digest } from '../../core/digest.ts';
import type { VitteError } from '../../core/errors.ts';
import { createRecent, type Recent } from '../../core/recent.ts';
import { abortable } from '../abortable.ts';
import type { CallOptions, UploadChunk, UploadState, UploadStore } from '../port.ts';
import { misplaced } from '../upload-sessions.ts';
import { sendChunks, takenStatuses, tooLargeStatuses } from './chunks.ts';
import { type ClientRequest, unexpected } from './client.ts';
import { commitUpload } from './commit.ts';
import { deleting, keyOf, pushing, type RemoteContext } from './context.ts';
import { storageError } from './errors.ts';
import { uploadedBytes } from './headers.ts';
import { readPieces } from './piece-reader.ts';
import { told } from './relay-errors.ts';
import { checkStored } from './stored.ts';
import type { Answer } from './transport.ts';
import {
  beginUpload,
  cancelUpload,
  locationOf,
  sessionOf,
  type UploadSession,
  withDigest,
} from './upload-session.ts';

/** What is said of a body that is too large, or whose length should be told: sendChunks takes care of both. */
const sizeStatuses: ReadonlySet<number> = new Set([...tooLargeStatuses, 411]);
/** Shorter than any token lives, so that the next request needs no new one. */
const authorizedMs = 30_000;
const authorizedMax = 1_000;

/** Repositories that were pushed to a moment ago, of each storage. */
const authorized = new WeakMap<RemoteContext, Recent<true>>();

/**
 * The uploads of one repository, by its full name. A session is the storage's own URL, so any replica can go on with
 * it. A chunk passes through without being held, so it can't be sent a second time: the client sees what became of it
 * by asking how far the upload is. Where the storage was found to take no bodies so large, a chunk is sent in parts,
 * one of which is in memory.
 */
export function openUploadRelay(context: RemoteContext, repository: string): UploadStore {
  const { client, habits, limits } = context;
  const recent = authorized.get(context) ?? recentOf(context);
  const access = pushing(repository);

  return {
    async begin(options = {}) {
      const { signal } = options;
      const request = { what: `take an upload to ${repository}`, signal };
      const answer = await client.whole(request, () => beginUpload(context, repository, signal));
      if (answer.status !== 202) throw unexpected(answer, request);
      recent.set(repository, true);
      const { url, chunkBytesMin } = sessionOf(context, repository, answer);
      return { session: url.href, size: 0, ...(chunkBytesMin > 0 ? { chunkBytesMin } : {}) };
    },

    append: (upload, chunk, options) =>
      told(upload, async () => {
        const current = await ready(upload, chunk, options);
        if (!passesWhole(current, chunk)) return inParts(current, chunk, options);
        const sent = counted(chunk.source);
        const request: ClientRequest = {
          what: `take an upload to ${repository}`,
          ...access,
          ...carrying({ ...chunk, source: sent.pieces }, current),
          method: 'PATCH',
          url: new URL(current.session),
          once: true,
          signal: options?.signal,
          headersTimeoutMs: limits.commitTimeoutMs,
        };
        const answer = await client.exchange(request);
        if (!takenStatuses.has(answer.status)) throw await refused(answer, request, current, chunk);
        // Its Range is passed over: ECR's stays where the first chunk ended.
        return next(current, answer, current.size + sent.bytes());
      }),

    status: (upload, options) => told(upload, () => status(upload, options)),

    finish: (upload, digest, chunk, options) =>
      told(upload, async () => {
        if (chunk) return finishWith(upload, digest, chunk, options);
        await commitUpload(context, sessionFor(upload), { digest }, options ?? {});
      }),

    abort: (upload, options) =>
      told(upload, async () => {
        await taken({
          what: `end an upload to ${repository}`,
          ...deleting(repository),
          method: 'DELETE',
          url: new URL(upload.session),
          signal: options?.signal,
        });
      }),
  };

  async function status(upload: UploadState, options?: CallOptions): Promise<UploadState> {
    const answer = await taken({
      what: `tell of an upload to ${repository}`,
      ...access,
      method: 'GET',
      url: new URL(upload.session),
      signal: options?.signal,
    });
    recent.set(repository, true);
    const bytes = uploadedBytes(answer.headers) ?? upload.size;
    // `0-0` is said of one byte and of none.
    return next(upload, answer, bytes === 1 && upload.size === 0 ? 0 : bytes);
  }

  async function taken(request: ClientRequest): Promise<Answer> {
    const answer = await client.exchange(request);
    if (takenStatuses.has(answer.status)) return answer;
    throw unexpected(answer, request);
  }

  /**
   * Checks that a chunk is to go where the upload is. A body is sent once, and a challenge would be the end of it: where
   * no token may be at hand, the storage is asked something else first.
   */
  async function ready(upload: UploadState, { first }: UploadChunk, options?: CallOptions) {
    const current = recent.get(repository) ? upload : await status(upload, options);
    if (first !== undefined && first !== current.size) throw misplaced(first, current.size);
    return current;
  }

  async function finishWith(
    upload: UploadState,
    digest: Digest,
    chunk: UploadChunk,
    options?: CallOptions,
  ): Promise<void> {
    const current = await ready(upload, chunk, options);
    if (!passesWhole(current, chunk)) {
      const sent = await inParts(current, chunk, options);
      await commitUpload(context, sessionFor(sent), { digest }, options ?? {});
      return;
    }
    const session = sessionFor(current);
    const request: ClientRequest = {
      what: `commit an upload to ${repository}`,
      ...access,
      ...carrying(chunk, current),
      method: 'PUT',
      url: withDigest(session.url, digest),
      once: true,
      signal: options?.signal,
      headersTimeoutMs: limits.commitTimeoutMs,
    };
    const answer = await client.exchange(request);
    if (answer.status === 400) context.later(cancelUpload(context, session));
    if (sizeStatuses.has(answer.status)) throw await refused(answer, request, current, chunk);
    checkStored(answer, digest, request);
    context.blobs.set(keyOf(repository, digest), true);
  }

  /** Whether a chunk is worth a request of its own. */
  function passesWhole({ chunkBytesMin = 0 }: UploadState, { size }: UploadChunk): boolean {
    if (chunkBytesMin > limits.chunkBytesMax) return true;
    return size === undefined ? habits.streams() !== false : habits.takesWhole(size);
  }

  async function inParts(upload: UploadState, chunk: UploadChunk, options?: CallOptions) {
    const session = sessionFor(upload);
    const reader = readPieces(abortable(chunk.source, options?.signal));
    try {
      await sendChunks(context, session, new Uint8Array(0), reader, options?.signal);
    } finally {
      reader.close();
    }
    return { ...upload, session: session.url.href, size: session.offset };
  }

  /** The error for a chunk that was refused. Where it was for its size, the next one goes in parts. */
  async function refused(
    answer: Answer,
    request: ClientRequest,
    upload: UploadState,
    { size }: UploadChunk,
  ): Promise<VitteError> {
    if (!sizeStatuses.has(answer.status)) return unexpected(answer, request);
    // 416 is also said of a chunk that does not follow.
    if ((await status(upload)).size !== upload.size) return unexpected(answer, request);
    if (size === undefined) habits.noteStream(false);
    else habits.wholeRefused(size);
    const why = `it answered ${answer.status} to so large a part; the next try goes in smaller ones`;
    return storageError('PKG_E_STORAGE_UNAVAILABLE', request.what, why);
  }

  function sessionFor({ session, size, chunkBytesMin = 0 }: UploadState): UploadSession {
    return { repository, url: new URL(session), offset: size, chunkBytesMin };
  }

  function next(upload: UploadState, answer: Answer, size: number): UploadState {
    const session = locationOf(context, answer, new URL(upload.session)).href;
    return { ...upload, session, size };
  }
}

function recentOf(context: RemoteContext): Recent<true> {
  const limits = { entriesMax: authorizedMax, ageMs: authorizedMs };
  const recent = createRecent<true>(limits, context.clock.now);
  authorized.set(context, recent);
  return recent;
}

/** Headers and body of a chunk; its place is told where the client told it. */
function carrying(
  { first, size, source }: UploadChunk,
  { size: at }: UploadState,
): Pick<ClientRequest, 'headers' | 'body'> {
  const placed = first !== undefined && size !== undefined && size > 0;
  return {
    headers: {
      'content-type': 'application/octet-stream',
      ...(placed ? { 'content-range': `${at}-${at + size - 1}` } : {}),
    },
    body: { open: () => source, rewindable: false, ...(size === undefined ? {} : { size }) },
  };
}

function counted(source: AsyncIterable<Uint8Array>) {
  let bytes = 0;
  return { pieces: read(), bytes: () => bytes };

  async function* read() {
    for await (const piece of source) {
      bytes += piece.length;
      yield piece;
    }
  }
}
