import type { Digest } from '../../core/digest.ts';
import { deleting, pushing, type RemoteContext } from './context.ts';
import { storageError } from './errors.ts';
import { chunkMinLength, headerText } from './headers.ts';
import { isSafeStep } from './redirect.ts';
import { untilAborted } from './single-flight.ts';
import type { Answer } from './transport.ts';

/** An upload that was begun: where it goes on, and how many bytes of it the registry has. */
export type UploadSession = {
  repository: string;
  url: URL;
  offset: number;
  /** What each chunk but the last must have at least; 0 where the registry does not say. */
  chunkBytesMin: number;
};

/**
 * Asks for an upload session; one request, of any answer. It is not bound to the signal: an answer that comes too
 * late names a session, which is deleted then.
 */
export async function beginUpload(
  context: RemoteContext,
  repository: string,
  signal: AbortSignal | undefined,
  query = '',
  access = pushing(repository),
): Promise<Answer> {
  signal?.throwIfAborted();
  const answering = context.client.exchange({
    what: `begin an upload to ${repository}`,
    ...access,
    method: 'POST',
    url: context.url(repository, `blobs/uploads/${query}`),
    headers: { 'content-length': '0' },
    single: true,
  });
  try {
    return await untilAborted(answering, signal);
  } catch (error) {
    if (signal?.aborted) context.later(answering.then(forget, () => {}));
    throw error;
  }

  async function forget(answer: Answer) {
    if (answer.status !== 202) return;
    await cancelUpload(context, sessionOf(context, repository, answer));
  }
}

/** The session that a 202 names. PKG_E_STORAGE_ANSWER. */
export function sessionOf(
  context: RemoteContext,
  repository: string,
  answer: Answer,
): UploadSession {
  const url = locationOf(context, answer);
  return { repository, url, offset: 0, chunkBytesMin: chunkMinLength(answer.headers) ?? 0 };
}

/** Deletes an upload session. Waits for a bounded time and never rejects: registries clear old sessions themselves. */
export async function cancelUpload(
  context: RemoteContext,
  { repository, url }: UploadSession,
): Promise<void> {
  try {
    await context.client.exchange({
      what: `end an upload to ${repository}`,
      ...deleting(repository),
      method: 'DELETE',
      url,
      afterClose: true,
      signal: AbortSignal.timeout(context.limits.cleanupTimeoutMs),
    });
  } catch {
    // What failed before is what the caller hears of.
  }
}

/**
 * Where an upload goes on: relative or not, with a query or not. PKG_E_STORAGE_ANSWER for another origin, unless
 * the operator allows its host; requests there carry no credentials (CVE-2026-50151).
 */
export function locationOf(context: RemoteContext, answer: Answer, otherwise?: URL): URL {
  const what = 'take an upload';
  const text = headerText(answer.headers, 'location');
  if (text === undefined && otherwise) return otherwise;
  const url = text === undefined ? undefined : URL.parse(text, answer.url.href);
  if (!url) throw storageError('PKG_E_STORAGE_ANSWER', what, 'it did not say where to');
  const { origin, uploadHosts } = context;
  const listed = uploadHosts.has(url.host) || uploadHosts.has(url.hostname);
  const own = url.origin === origin || url.origin === answer.url.origin;
  if (!own && !(listed && isSafeStep(answer.url, url))) {
    throw storageError('PKG_E_STORAGE_ANSWER', what, 'it named a place of another origin', {
      help: 'behind a proxy, make the registry tell its public URL; else list the host in VITTE_REGISTRY_STORAGE_UPLOAD_HOSTS',
    });
  }
  url.username = '';
  url.password = '';
  url.hash = '';
  return url;
}

/** The same place with `digest` in its query, which is kept as it is: it may be signed. */
export function withDigest(session: URL, digest: Digest): URL {
  const url = new URL(session);
  url.search = `${url.search}${url.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`;
  return url;
}
