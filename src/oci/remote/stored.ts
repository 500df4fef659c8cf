import type { Digest } from '../../core/digest.ts';
import { type ClientRequest, unexpected } from './client.ts';
import { storageError } from './errors.ts';
import { contentDigest, headerText } from './headers.ts';
import type { Answer } from './transport.ts';

/** 204 comes from registries of before the specification. */
export const storedStatuses: ReadonlySet<number> = new Set([200, 201, 204]);

/** Throws where an answer does not say that the content was stored, or says that it is another. */
export function checkStored(answer: Answer, digest: Digest, request: Pick<ClientRequest, 'what'>) {
  if (!storedStatuses.has(answer.status)) throw unexpected(answer, request);
  const stored = headerText(answer.headers, contentDigest);
  // docker-registry names what was pushed under another hash by its sha256.
  const comparable = digest.startsWith('sha256:') && stored?.startsWith('sha256:');
  if (comparable && stored !== digest) {
    throw storageError('PKG_E_INTEGRITY', request.what, `it stored ${stored} for ${digest}`);
  }
}
