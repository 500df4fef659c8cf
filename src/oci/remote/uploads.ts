import type { Descriptor } from '../../core/descriptor.ts';
import { streamOf } from '../content.ts';
import type { CallOptions, Content } from '../port.ts';
import { checkChunkBytes, sendChunks, tooLargeStatuses } from './chunks.ts';
import { commitUpload } from './commit.ts';
import { pushing, type RemoteContext } from './context.ts';
import { isTransient, UploadLost } from './errors.ts';
import { readPieces } from './piece-reader.ts';
import { checkStored, storedStatuses } from './stored.ts';
import type { Answer } from './transport.ts';
import { beginUpload, cancelUpload, sessionOf, withDigest } from './upload-session.ts';

type Target = Pick<Descriptor, 'digest' | 'size'>;

/**
 * Pushes content of known digest and size: by POST and a PUT of all of it; in chunks where the registry was found to
 * refuse so large a PUT (413, 416), or where one broke, so that what breaks next costs a chunk. A failed try is begun
 * anew with a session of its own, since a PUT that broke left an unknown part of the content.
 */
export async function pushContent(
  context: RemoteContext,
  repository: string,
  target: Target,
  content: Content,
  options: CallOptions = {},
): Promise<void> {
  const { client, habits, limits } = context;
  const { size } = target;
  const request = { what: `push a blob of ${repository}`, signal: options.signal };
  let whole = habits.takesWhole(size);
  const answer = await client.whole(request, async () => {
    if (whole) {
      const answer = await putWhole(context, repository, target, content, options).catch(
        (error) => {
          whole = !isTransient(error) || size <= limits.bufferedPushBytesMax;
          throw error;
        },
      );
      if (!tooLargeStatuses.has(answer.status)) return answer;
      habits.wholeRefused(size);
      whole = false;
    }
    return pushChunked(context, repository, target, content, options);
  });
  checkStored(answer, target.digest, request);
}

/** One try of POST and PUT. Gives the answer that ended it. */
async function putWhole(
  context: RemoteContext,
  repository: string,
  { digest, size }: Target,
  content: Content,
  { signal }: CallOptions,
): Promise<Answer> {
  const { client, limits } = context;
  const begun = await beginUpload(context, repository, signal);
  if (begun.status !== 202) return begun;
  const session = sessionOf(context, repository, begun);
  const bytes = content instanceof Uint8Array ? content : undefined;
  try {
    const put = await client.exchange({
      what: `push a blob of ${repository}`,
      ...pushing(repository),
      method: 'PUT',
      url: withDigest(session.url, digest),
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
      body: bytes ? { bytes } : { open: () => streamOf(content), size, rewindable: true },
      single: true,
      headersTimeoutMs: limits.commitTimeoutMs,
      signal,
    });
    if (!storedStatuses.has(put.status)) context.later(cancelUpload(context, session));
    return put;
  } catch (error) {
    const cancelled = cancelUpload(context, session);
    context.later(cancelled);
    if (signal?.aborted) await cancelled;
    throw error;
  }
}

/** All of the content in chunks, anew where the registry lost what it had. Gives the answer that ended it. */
async function pushChunked(
  context: RemoteContext,
  repository: string,
  target: Target,
  content: Content,
  options: CallOptions,
): Promise<Answer> {
  const { limits } = context;
  const { signal } = options;
  for (let losses = 0; ; losses += 1) {
    const begun = await beginUpload(context, repository, signal);
    if (begun.status !== 202) return begun;
    const session = sessionOf(context, repository, begun);
    checkChunkBytes(context, session);
    const reader = readPieces(streamOf(content));
    try {
      await sendChunks(context, session, new Uint8Array(0), reader, signal);
      return await commitUpload(context, session, target, options);
    } catch (error) {
      const cancelled = cancelUpload(context, session);
      context.later(cancelled);
      if (signal?.aborted) await cancelled;
      if (!(error instanceof UploadLost) || losses + 1 >= limits.triesMax) throw error;
    } finally {
      reader.close();
    }
  }
}
