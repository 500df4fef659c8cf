import type { Descriptor } from '../../core/descriptor.ts';
import type { CallOptions } from '../port.ts';
import { keyOf, pushing, type RemoteContext } from './context.ts';
import { checkStored } from './stored.ts';
import type { Answer } from './transport.ts';
import { type UploadSession, withDigest } from './upload-session.ts';

/**
 * Makes an upload a blob by a PUT with its digest; gives the answer that says so. One whose answer got lost is found to
 * be done: at the second try the session is gone and the blob there.
 */
export async function commitUpload(
  context: RemoteContext,
  { url, repository }: UploadSession,
  { digest }: Pick<Descriptor, 'digest'>,
  { signal }: CallOptions,
): Promise<Answer> {
  const { client, limits } = context;
  const request = { what: `commit an upload to ${repository}`, ...pushing(repository), signal };
  let tries = 0;
  const answer = await client.whole(request, () => {
    tries += 1;
    return client.exchange({
      ...request,
      method: 'PUT',
      url: withDigest(url, digest),
      headers: { 'content-type': 'application/octet-stream', 'content-length': '0' },
      single: true,
      headersTimeoutMs: limits.commitTimeoutMs,
    });
  });
  const done = answer.status === 404 && tries > 1 && (await isThere());
  if (!done) checkStored(answer, digest, request);
  context.blobs.set(keyOf(repository, digest), true);
  return done ? { ...answer, status: 201 } : answer;

  async function isThere() {
    const url = context.url(repository, `blobs/${digest}`);
    const head = { ...request, what: `find a blob of ${repository}`, method: 'HEAD', url } as const;
    return (await client.exchange(head)).status === 200;
  }
}
