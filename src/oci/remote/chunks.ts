import { type ClientRequest, unexpected } from './client.ts';
import { pushing, type RemoteContext } from './context.ts';
import { storageError, UploadLost } from './errors.ts';
import { uploadedBytes } from './headers.ts';
import { patientSignal } from './patient-signal.ts';
import type { PieceReader } from './piece-reader.ts';
import { isRetryable } from './retry.ts';
import type { Answer } from './transport.ts';
import { locationOf, type UploadSession } from './upload-session.ts';

/** 202 by the specification, 201 from ECR, 204 from registries of before it. */
export const takenStatuses: ReadonlySet<number> = new Set([200, 201, 202, 204]);

/** 413 from proxies; 416 from GHCR for more than 4 MiB, and from all for what does not follow on what they have. */
export const tooLargeStatuses: ReadonlySet<number> = new Set([413, 416]);

/**
 * Sends what is held of some content, and all the rest of it, by PATCHes of the size that the registry takes, smaller
 * ones where it refuses one; no more than one chunk is in memory. A PATCH that fails is tried again by the usual
 * policy: the session is asked first how much of it arrived. Rejects with UploadLost where the upload must be begun
 * anew. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks
 */
export async function sendChunks(
  context: RemoteContext,
  upload: UploadSession,
  head: Uint8Array,
  reader: PieceReader,
  signal: AbortSignal | undefined,
): Promise<void> {
  let held = head;
  for (;;) {
    const size = context.habits.chunkBytes(upload.chunkBytesMin);
    const more = await reader.take(Math.max(0, size - held.length));
    held = held.length === 0 ? more : Buffer.concat([held, more]);
    signal?.throwIfAborted();
    if (held.length === 0) return;
    const taken = await sendChunk(context, upload, held.subarray(0, size), signal);
    held = held.subarray(taken);
    upload.offset += taken;
  }
}

/** PKG_E_STORAGE_ANSWER for a registry that wants larger chunks than are held in memory. */
export function checkChunkBytes({ limits }: RemoteContext, upload: UploadSession): void {
  const { chunkBytesMin } = upload;
  if (chunkBytesMin <= limits.chunkBytesMax) return;
  const why = `it wants chunks of at least ${chunkBytesMin} bytes`;
  throw storageError('PKG_E_STORAGE_ANSWER', requestOf(upload).what, why);
}

/** Sends a chunk or the beginning of it; gives how much the registry has of it then, 0 where it is too large. */
async function sendChunk(
  context: RemoteContext,
  upload: UploadSession,
  chunk: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { client, habits, limits } = context;
  const patient = patientSignal(signal, limits.cleanupTimeoutMs);
  const floor = Math.max(upload.chunkBytesMin, limits.chunkBytesMin);
  let part = chunk;
  let arrived = 0;
  let lost = false;
  let tries = 0;
  try {
    const answer = await client.whole({ ...requestOf(upload), signal }, async () => {
      tries += 1;
      if (tries > 1) {
        const asked = await askWhatArrived(context, upload, true);
        if (isRetryable(asked.answer)) return asked.answer;
        // Where it does not tell, or an older state as ECR does, the chunk is sent once more: should that be wrong, it
        // refuses what does not follow on, or the digest in the end.
        arrived = Math.max(0, (asked.offset ?? 0) - upload.offset);
        lost = asked.lost || arrived > chunk.length;
        if (lost || arrived === chunk.length) return asked.answer;
        // Proxies cut what is too large for them as well as refusing it.
        const size = Math.max(floor, habits.smallerChunk(part.length));
        part = chunk.subarray(arrived, arrived + size);
      }
      return patch(context, upload, part, upload.offset + arrived, patient.signal);
    });
    if (lost || answer.status === 404) throw new UploadLost();
    if (arrived === chunk.length) return arrived;
    if (takenStatuses.has(answer.status)) {
      // Its Range is passed over: ECR's stays where the first chunk ended. The digest tells in the end.
      upload.url = locationOf(context, answer, upload.url);
      return arrived + part.length;
    }
    if (!tooLargeStatuses.has(answer.status)) throw unexpected(answer, requestOf(upload));
    // Nothing can be out of order at the very beginning: there a 416 is about the size, as a 413 always is.
    const inOrder = answer.status === 413 || (upload.offset === 0 && tries === 1);
    if (!inOrder) {
      const asked = await askWhatArrived(context, upload, false);
      const found = (asked.offset ?? upload.offset) - upload.offset;
      // A PATCH that was given up may have been applied since. One that moves on by bytes would keep us for ever.
      const onward = found === chunk.length || found - arrived >= floor;
      if (asked.lost || found > chunk.length || (found !== arrived && !onward)) {
        throw new UploadLost();
      }
      if (onward) return found;
    }
    if (habits.chunkRefused(part.length, upload.chunkBytesMin)) return arrived;
    throw unexpected(answer, requestOf(upload));
  } finally {
    patient.done();
  }
}

function patch(
  { client }: RemoteContext,
  upload: UploadSession,
  part: Uint8Array,
  offset: number,
  signal: AbortSignal,
): Promise<Answer> {
  return client.exchange({
    ...requestOf(upload),
    method: 'PATCH',
    url: upload.url,
    headers: {
      'content-type': 'application/octet-stream',
      'content-range': `${offset}-${offset + part.length - 1}`,
      'content-length': String(part.length),
    },
    body: { bytes: part },
    single: true,
    signal,
  });
}

/** How many bytes the registry has, where it tells; `lost` where it does not know the upload, or another state of it. */
async function askWhatArrived(
  context: RemoteContext,
  upload: UploadSession,
  single: boolean,
): Promise<{ answer: Answer; offset?: number | undefined; lost: boolean }> {
  const request = { ...requestOf(upload), method: 'GET', url: upload.url, follow: false } as const;
  const answer = await context.client.exchange({ ...request, single });
  // docker-registry says 416 where it has more than the session's URL says.
  if (answer.status === 404 || answer.status === 416) return { answer, lost: true };
  if (!takenStatuses.has(answer.status)) return { answer, lost: false };
  upload.url = locationOf(context, answer, upload.url);
  const told = uploadedBytes(answer.headers);
  // `0-0` is what docker-registry says of nothing as well as of one byte.
  const offset = told === 1 && upload.offset === 0 ? 0 : told;
  return { answer, offset, lost: false };
}

function requestOf({ repository }: UploadSession): Pick<ClientRequest, 'what' | 'access'> {
  return { what: `take an upload to ${repository}`, ...pushing(repository) };
}
