import type { Descriptor } from '../../core/descriptor.ts';
import type { Digest } from '../../core/digest.ts';
import { VitteError } from '../../core/errors.ts';
import { abortable } from '../abortable.ts';
import { collect, streamOf } from '../content.ts';
import { parseRepositoryName } from '../names.ts';
import type { BlobRead, BlobStore, ByteRange, CallOptions, Content } from '../port.ts';
import { spanOf } from '../range.ts';
import { verified } from '../verify.ts';
import { checkPart, readBlobBody } from './blob-body.ts';
import { type ClientRequest, readAnswer, unexpected } from './client.ts';
import { deleting, keyOf, pulling, pushing, type RemoteContext } from './context.ts';
import { storageError } from './errors.ts';
import { contentLength, contentRange, unsatisfiedSize } from './headers.ts';
import { stageContent } from './stage.ts';
import type { HttpResponse } from './transport.ts';
import { beginUpload, cancelUpload, sessionOf } from './upload-session.ts';
import { pushContent } from './uploads.ts';

/** The blobs of one repository, by its full name. */
export function openRemoteBlobs(context: RemoteContext, repository: string): BlobStore {
  const { client, limits } = context;
  const urlOf = (digest: Digest) => context.url(repository, `blobs/${digest}`);

  return {
    async fetch(digest, options) {
      const { range, signal, transient = false } = options ?? {};
      const hash = !options?.hashed?.(undefined);
      const request: ClientRequest = {
        what: `read a blob of ${repository}`,
        ...pulling(repository),
        method: 'GET',
        url: urlOf(digest),
        signal,
        bulk: transient,
        ...(range ? { headers: { range: rangeField(range) } } : {}),
      };
      const response = await client.open(request);
      if (response.status === 404) {
        await response.discard();
        return undefined;
      }
      if (!range) return readWhole(request, response, digest, hash);
      const closed = response.status === 416 ? await closedRange(response, digest, range) : range;
      if (closed === range) return readPart(request, response, digest, range);
      const headers = { range: rangeField(closed) };
      return readPart(request, await client.open({ ...request, headers }), digest, closed);
    },

    stat,

    push,

    stage: (source, options) => stageContent(context, repository, push, source, options),

    async mount(digest, from, options) {
      const source = context.fullName(parseRepositoryName(from));
      return mountBlob(digest, source, options);
    },

    async delete(digest, options) {
      context.blobs.delete(keyOf(repository, digest));
      const request = {
        what: `delete a blob of ${repository}`,
        ...deleting(repository),
        method: 'DELETE',
        url: urlOf(digest),
        signal: options?.signal,
      } as const;
      const answer = await client.exchange(request);
      if ([200, 202, 204].includes(answer.status)) return true;
      // go-containerregistry's registry says 500 for what is not there.
      const gone = answer.status >= 500 && !(await stat(digest, options));
      if (answer.status !== 404 && !gone) throw unexpected(answer, request);
      return false;
    },
  };

  async function stat(
    digest: Digest,
    options?: CallOptions,
  ): Promise<{ size: number } | undefined> {
    const request = {
      what: `find a blob of ${repository}`,
      ...pulling(repository),
      method: 'HEAD',
      url: urlOf(digest),
      signal: options?.signal,
    } as const;
    const answer = await client.expect(request, 200, 404);
    if (answer.status === 404) {
      context.blobs.delete(keyOf(repository, digest));
      return undefined;
    }
    const size = contentLength(answer.headers);
    if (size === undefined) {
      throw storageError('PKG_E_STORAGE_ANSWER', request.what, 'it did not tell its size');
    }
    context.blobs.set(keyOf(repository, digest), true);
    return { size };
  }

  /**
   * The same range up to the blob's end: go-containerregistry's registry refuses one that ends nowhere or behind it.
   * The very same where it begins behind the end as well.
   */
  async function closedRange(response: HttpResponse, digest: Digest, range: ByteRange) {
    const size = unsatisfiedSize(response.headers) ?? (await stat(digest))?.size ?? 0;
    if (range.first >= size || (range.last ?? size) < size) return range;
    await response.discard();
    return { first: range.first, last: size - 1 };
  }

  async function push(
    { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
    content: Content,
    options?: CallOptions,
  ): Promise<void> {
    const target = { digest, size };
    const signal = options?.signal;
    signal?.throwIfAborted();
    const open = () => verified(abortable(streamOf(content), signal), target);
    const small = content instanceof Uint8Array || size <= limits.bufferedPushBytesMax;
    const bytes = small ? await collect(open(), size) : undefined;
    const key = keyOf(repository, digest);
    // The same blob is pushed once: docker-registry disturbs its readers each time.
    const send = async () => {
      if (context.blobs.get(key) === undefined) {
        await pushContent(context, repository, target, bytes ?? open, options);
        context.blobs.set(key, true);
      } else if (!bytes) {
        // It is there; what was given is still to be what it was said to be.
        for await (const _piece of open());
      }
    };
    await context.pushes.run(key, send, signal);
  }

  async function readWhole(
    request: ClientRequest,
    response: HttpResponse,
    digest: Digest,
    hash: boolean,
  ): Promise<BlobRead | undefined> {
    if (response.status !== 200) throw await refused(request, response);
    const size = contentLength(response.headers) ?? (await sizeByHead(request, response));
    if (size === undefined) {
      await response.discard();
      throw storageError('PKG_E_STORAGE_ANSWER', request.what, 'it did not tell its size');
    }
    const span = { start: 0, end: size };
    const body = readBlobBody(context, { digest, size, span, request, response, hash });
    return { digest, size, body };
  }

  /** A proxy may send a blob without its length. */
  async function sizeByHead(request: ClientRequest, response: HttpResponse) {
    try {
      const answer = await client.exchange({ ...request, method: 'HEAD' });
      return answer.status === 200 ? contentLength(answer.headers) : undefined;
    } catch (error) {
      await response.discard();
      throw error;
    }
  }

  async function readPart(
    request: ClientRequest,
    response: HttpResponse,
    digest: Digest,
    range: ByteRange,
  ): Promise<BlobRead> {
    const { status, headers } = response;
    // Go's file server answers a range of nothing with all of nothing.
    if (status === 416 || (status === 200 && contentLength(headers) === 0)) {
      await response.discard();
      const size = status === 200 ? 0 : unsatisfiedSize(headers);
      throw new VitteError('PKG_E_RANGE', `${rangeField(range)} does not lie within the blob`, {
        ...(size === undefined ? {} : { data: { size } }),
      });
    }
    if (status !== 206 && status !== 200) throw await refused(request, response);
    const size = contentRange(headers)?.size ?? 0;
    const span = { start: range.first, end: Math.min((range.last ?? size - 1) + 1, size) };
    await checkPart(response, span, size, request.what);
    const hash = span.start === 0 && span.end === size;
    const body = readBlobBody(context, { digest, size, span, request, response, hash });
    return { digest, size, body };
  }

  async function refused(request: ClientRequest, response: HttpResponse) {
    const { clock } = context;
    const bytesMax = limits.errorBodyBytesMax;
    const read = { limits, clock, what: request.what, bytesMax };
    return unexpected(await readAnswer(response, read), request);
  }

  async function mountBlob(digest: Digest, from: string, options: CallOptions = {}) {
    const { signal } = options;
    const request = { what: `mount a blob into ${repository}`, ...pushing(repository), signal };
    const access = { access: { ...request.access, from } };
    const query = `?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`;
    const answer = await client.whole(request, () =>
      beginUpload(context, repository, signal, query, access),
    );
    // No mount but an upload session, which the specification allows at any time.
    if (answer.status === 202) await cancelUpload(context, sessionOf(context, repository, answer));
    if ([202, 400, 404, 405].includes(answer.status)) return false;
    if (answer.status !== 201) throw unexpected(answer, request);
    // GHCR says 201 for what it has not got.
    const head = { what: request.what, ...pulling(repository), method: 'HEAD', signal } as const;
    const found = await client.expect({ ...head, url: urlOf(digest) }, 200, 404);
    if (found.status === 200) context.blobs.set(keyOf(repository, digest), true);
    return found.status === 200;
  }
}

/** `Range` for a range of the port. PKG_E_RANGE for one that no blob has. */
function rangeField(range: ByteRange): string {
  spanOf(range, Number.MAX_SAFE_INTEGER);
  return `bytes=${range.first}-${range.last ?? ''}`;
}
