import { abortable } from '../abortable.ts';
import { takenStatuses, tooLargeStatuses } from './chunks.ts';
import { type ClientRequest, unexpected } from './client.ts';
import { pushing, type RemoteContext } from './context.ts';
import { isTransient, storageError } from './errors.ts';
import { patientSignal } from './patient-signal.ts';
import type { PieceReader } from './piece-reader.ts';
import { isRetryable } from './retry.ts';
import type { Answer } from './transport.ts';
import { locationOf, type UploadSession } from './upload-session.ts';

/** Answers that say nothing of how a registry wants its uploads. */
const otherReasons = new Set([401, 403, 404]);

/**
 * Sends the beginning of an upload in a PATCH of untold length, and notes whether the registry takes such. False
 * where it does not, or where the connection broke: then the upload must be begun anew, and go in chunks.
 */
export async function tryStream(
  context: RemoteContext,
  upload: UploadSession,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { habits, limits } = context;
  const request = requestOf(upload);
  const patient = patientSignal(signal, limits.cleanupTimeoutMs);
  let answer: Answer;
  try {
    const open = async function* () {
      yield bytes;
    };
    answer = await patch(context, upload, open, patient.signal, true);
  } catch (error) {
    if (isTransient(error)) return false;
    throw error;
  } finally {
    patient.done();
  }
  const taken = takenStatuses.has(answer.status);
  if (!taken && otherReasons.has(answer.status)) throw unexpected(answer, request);
  if (!taken && isRetryable(answer)) return false;
  habits.noteStream(taken);
  if (tooLargeStatuses.has(answer.status)) habits.chunkRefused(bytes.length, 0);
  if (taken) upload.url = locationOf(context, answer, upload.url);
  return taken;
}

/**
 * Sends all that is left in one PATCH of untold length. It can't be sent a second time, so where it fails later
 * uploads go in chunks. When the source fails or the signal aborts, the PATCH is ended as if it were complete:
 * docker-registry can't delete a session whose PATCH was cut.
 */
export async function streamRest(
  context: RemoteContext,
  upload: UploadSession,
  head: Uint8Array,
  reader: PieceReader,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { habits, limits } = context;
  const request = requestOf(upload);
  const failed = new AbortController();
  const patient = patientSignal(failed.signal, limits.cleanupTimeoutMs);
  const onAbort = () => failed.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted) onAbort();
  async function* pieces() {
    try {
      if (head.length > 0) yield head;
      yield* abortable(reader.rest(), signal);
    } catch (error) {
      failed.abort(error);
    }
  }
  let answer: Answer;
  try {
    answer = await patch(context, upload, pieces, patient.signal, false);
  } catch (error) {
    if (failed.signal.aborted) throw failed.signal.reason;
    habits.noteStream(false);
    throw error;
  } finally {
    patient.done();
    signal?.removeEventListener('abort', onAbort);
  }
  const taken = takenStatuses.has(answer.status);
  if (taken) upload.url = locationOf(context, answer, upload.url);
  if (failed.signal.aborted) throw failed.signal.reason;
  if (taken) return;
  if (!otherReasons.has(answer.status)) habits.noteStream(false);
  if (!tooLargeStatuses.has(answer.status)) throw unexpected(answer, request);
  const why = `it answered ${answer.status} to a large one; the next try goes in smaller parts`;
  throw storageError('PKG_E_STORAGE_UNAVAILABLE', request.what, why);
}

function patch(
  { client }: RemoteContext,
  upload: UploadSession,
  open: () => AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  rewindable: boolean,
): Promise<Answer> {
  return client.exchange({
    ...requestOf(upload),
    method: 'PATCH',
    url: upload.url,
    headers: { 'content-type': 'application/octet-stream' },
    body: { open, rewindable },
    // Whoever tries anew decides by the error as it is.
    ...(rewindable ? { single: true } : { once: true }),
    signal,
  });
}

function requestOf({ repository }: UploadSession): Pick<ClientRequest, 'what' | 'access'> {
  return { what: `take an upload to ${repository}`, ...pushing(repository) };
}
