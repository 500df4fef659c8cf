import type { Descriptor } from '../../core/descriptor.ts';
import type { Digest } from '../../core/digest.ts';
import type { CallOptions } from '../port.ts';
import { type ClientRequest, unexpected } from './client.ts';
import { pushing, type RemoteContext } from './context.ts';
import { storageError } from './errors.ts';
import { contentDigest, headerText } from './headers.ts';
import type { Answer, RequestBody } from './transport.ts';
import { beginUpload, cancelUpload, locationOf, withDigest } from './upload-session.ts';

/** 204 comes from registries of before the specification. */
const storedStatuses = new Set([200, 201, 204]);

/**
 * Pushes content of known digest and size in two requests: POST, and PUT with the content. A failed try is begun
 * anew with a session of its own, since a session that broke holds an unknown part of the content.
 */
export async function pushWhole(
  context: RemoteContext,
  repository: string,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  body: RequestBody,
  options: CallOptions = {},
): Promise<void> {
  const { client, limits } = context;
  const request = { what: `push a blob of ${repository}`, signal: options.signal };
  const answer = await client.whole(request, async () => {
    const begun = await beginUpload(context, repository, options.signal);
    if (begun.status !== 202) return begun;
    const session = locationOf(context, begun);
    try {
      const put = await client.exchange({
        ...request,
        ...pushing(repository),
        method: 'PUT',
        url: withDigest(session, digest),
        headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
        body,
        single: true,
        headersTimeoutMs: limits.commitTimeoutMs,
      });
      if (!storedStatuses.has(put.status))
        context.later(cancelUpload(context, repository, session));
      return put;
    } catch (error) {
      const cancelled = cancelUpload(context, repository, session);
      context.later(cancelled);
      if (options.signal?.aborted) await cancelled;
      throw error;
    }
  });
  checkStored(answer, digest, { ...request, ...pushing(repository) });
}

/** Throws where an answer does not say that the content was stored, or says that it is another. */
export function checkStored(answer: Answer, digest: Digest, request: Pick<ClientRequest, 'what'>) {
  if (!storedStatuses.has(answer.status)) throw unexpected(answer, request);
  const stored = headerText(answer.headers, contentDigest);
  if (stored?.startsWith('sha256:') && stored !== digest) {
    throw storageError('PKG_E_INTEGRITY', request.what, `it stored ${stored} for ${digest}`);
  }
}
