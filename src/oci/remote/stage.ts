import type { Descriptor } from '../../core/descriptor.ts';
import type { Digest } from '../../core/digest.ts';
import { VitteError } from '../../core/errors.ts';
import { abortable } from '../abortable.ts';
import type { CallOptions, StagedBlob } from '../port.ts';
import { measured } from '../verify.ts';
import { unexpected } from './client.ts';
import { keyOf, pushing, type RemoteContext } from './context.ts';
import { beginUpload, cancelUpload, locationOf, withDigest } from './upload-session.ts';
import { checkStored } from './uploads.ts';

/** 202 by the specification, 201 from ECR, 204 from registries of before it. */
const takenStatuses = new Set([200, 201, 202, 204]);

/**
 * Streams content of unknown digest into an upload: POST, PATCH, and PUT when it is committed. It can't be sent a
 * second time, so the PATCH is not retried. When the source fails or the signal aborts, the PATCH is ended as if it
 * were complete and the session deleted then: docker-registry can't delete a session whose PATCH was cut.
 */
export async function stageUpload(
  context: RemoteContext,
  repository: string,
  source: AsyncIterable<Uint8Array>,
  options: CallOptions = {},
): Promise<StagedBlob> {
  const { signal } = options;
  const request = { what: `take an upload to ${repository}`, ...pushing(repository) };
  let session: URL;
  try {
    const begin = () => beginUpload(context, repository, signal);
    const begun = await context.client.whole({ ...request, signal }, begin);
    if (begun.status !== 202) throw unexpected(begun, request);
    session = locationOf(context, begun);
  } catch (error) {
    source[Symbol.asyncIterator]()
      .return?.()
      .catch(() => {});
    throw error;
  }
  const { body, result } = measured(source);
  const ending = endingQuietly(body, signal, context.limits.cleanupTimeoutMs);
  try {
    const answer = await context.client.exchange({
      ...request,
      method: 'PATCH',
      url: session,
      headers: { 'content-type': 'application/octet-stream' },
      body: { open: () => ending.pieces, rewindable: false },
      once: true,
      signal: ending.givenUp,
    });
    if (takenStatuses.has(answer.status)) session = locationOf(context, answer, session);
    if (ending.failure) throw ending.failure.error;
    if (!takenStatuses.has(answer.status)) throw unexpected(answer, request);
    return stagedBlob(context, repository, session, result());
  } catch (error) {
    await cancelUpload(context, repository, session);
    throw ending.failure ? ending.failure.error : error;
  } finally {
    ending.done();
  }
}

function stagedBlob(
  context: RemoteContext,
  repository: string,
  session: URL,
  { digest, size }: { digest: Digest; size: number },
): StagedBlob {
  let committed: Promise<Descriptor> | undefined;
  let aborted: Promise<void> | undefined;
  return {
    digest,
    size,
    commit(options) {
      committed ??= finish(options);
      return committed;
    },
    async abort() {
      if (!committed) aborted ??= cancelUpload(context, repository, session);
      await aborted;
    },
  };

  async function finish({ signal }: CallOptions = {}): Promise<Descriptor> {
    const request = { what: `commit an upload to ${repository}`, ...pushing(repository), signal };
    if (aborted) throw new VitteError('PKG_E_INTERNAL', 'a staged blob was aborted already');
    let tries = 0;
    try {
      const answer = await context.client.whole(request, () => {
        tries += 1;
        return context.client.exchange({
          ...request,
          method: 'PUT',
          url: withDigest(session, digest),
          headers: { 'content-type': 'application/octet-stream', 'content-length': '0' },
          single: true,
          headersTimeoutMs: context.limits.commitTimeoutMs,
        });
      });
      // A session that is gone at the second try was committed by the first one, if the blob is there.
      if (answer.status !== 404 || tries === 1 || !(await isThere(signal))) {
        checkStored(answer, digest, request);
      }
    } catch (error) {
      await cancelUpload(context, repository, session);
      throw error;
    }
    context.blobs.set(keyOf(repository, digest), true);
    return { mediaType: 'application/octet-stream', digest, size };
  }

  async function isThere(signal: AbortSignal | undefined) {
    const { status } = await context.client.exchange({
      what: `find a blob of ${repository}`,
      ...pushing(repository),
      method: 'HEAD',
      url: context.url(repository, `blobs/${digest}`),
      signal,
    });
    return status === 200;
  }
}

/**
 * A source that ends where it would fail, and tells the failure. `givenUp` aborts when the request that carries it
 * has not come to its end a while later.
 */
function endingQuietly(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
  patienceMs: number,
) {
  const patience = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const fail = (error: unknown) => {
    ending.failure ??= { error };
    timer ??= setTimeout(() => patience.abort(ending.failure?.error), patienceMs);
  };
  const onAbort = () => fail(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  const ending = {
    pieces: read(),
    givenUp: patience.signal,
    failure: undefined as { error: unknown } | undefined,
    done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
  return ending;

  async function* read() {
    try {
      yield* abortable(source, signal);
    } catch (error) {
      fail(error);
    }
  }
}
