import type { Descriptor } from '../../core/descriptor.ts';
import type { Digest } from '../../core/digest.ts';
import { VitteError } from '../../core/errors.ts';
import { abortable } from '../abortable.ts';
import type { CallOptions, StagedBlob } from '../port.ts';
import { measured } from '../verify.ts';
import { sendChunks } from './chunks.ts';
import { unexpected } from './client.ts';
import { commitUpload } from './commit.ts';
import { pushing, type RemoteContext } from './context.ts';
import { asStorageError } from './errors.ts';
import { type PieceReader, readPieces } from './piece-reader.ts';
import { streamRest, tryStream } from './stream.ts';
import { beginUpload, cancelUpload, sessionOf, type UploadSession } from './upload-session.ts';

/** Pushes content that lies in memory. */
type Push = (
  target: Pick<Descriptor, 'digest' | 'size'>,
  bytes: Uint8Array,
  options?: CallOptions,
) => Promise<void>;

/**
 * Takes content of unknown digest. What is small is held in memory and pushed when it is committed, so that nothing
 * of it is lost with a connection. The rest goes into an upload: in one PATCH of untold length where the registry was
 * found to take that, which holds nothing in memory and can't be sent again; else in chunks, one in memory, each
 * tried again. Which it is the first content of more than 6 MiB tells.
 */
export async function stageContent(
  context: RemoteContext,
  repository: string,
  push: Push,
  source: AsyncIterable<Uint8Array>,
  options: CallOptions = {},
): Promise<StagedBlob> {
  const { signal } = options;
  const { body, result } = measured(source);
  const reader = readPieces(abortable(body, signal));
  try {
    const held = context.limits.bufferedPushBytesMax;
    const head = await reader.take(held + 1);
    if (head.length <= held) return stagedBytes(head, result().digest, push);
    const upload = await sendUpload(context, repository, head, reader, signal);
    return stagedUpload(context, upload, result());
  } catch (error) {
    reader.close();
    throw asStorageError(error, `take an upload to ${repository}`);
  }
}

async function sendUpload(
  context: RemoteContext,
  repository: string,
  head: Buffer,
  reader: PieceReader,
  signal: AbortSignal | undefined,
): Promise<UploadSession> {
  const { habits, limits } = context;
  let upload = await openUpload(context, repository, signal);
  try {
    const { chunkBytesMin } = upload;
    const streams = chunkBytesMin > limits.chunkBytesMax || habits.streams();
    if (streams) {
      await streamRest(context, upload, head, reader, signal);
      return upload;
    }
    const size = habits.chunkBytes(chunkBytesMin);
    const more = await reader.take(Math.max(0, size - head.length));
    const next = Buffer.concat([head, more]);
    if (streams === undefined && chunkBytesMin === 0 && next.length === size) {
      if (await tryStream(context, upload, next, signal)) {
        await streamRest(context, upload, Buffer.alloc(0), reader, signal);
        return upload;
      }
      await cancelUpload(context, upload);
      upload = await openUpload(context, repository, signal);
    }
    await sendChunks(context, upload, next, reader, signal);
    return upload;
  } catch (error) {
    await cancelUpload(context, upload);
    throw error;
  }
}

async function openUpload(
  context: RemoteContext,
  repository: string,
  signal: AbortSignal | undefined,
): Promise<UploadSession> {
  const request = { what: `take an upload to ${repository}`, ...pushing(repository), signal };
  const begin = () => beginUpload(context, repository, signal);
  const begun = await context.client.whole(request, begin);
  if (begun.status !== 202) throw unexpected(begun, request);
  return sessionOf(context, repository, begun);
}

type Content = { digest: Digest; size: number };

function stagedUpload(context: RemoteContext, upload: UploadSession, content: Content): StagedBlob {
  return staged(content, {
    async commit(options) {
      try {
        await commitUpload(context, upload, content, options);
      } catch (error) {
        await cancelUpload(context, upload);
        throw error;
      }
    },
    abort: () => cancelUpload(context, upload),
  });
}

function stagedBytes(bytes: Buffer, digest: Digest, push: Push): StagedBlob {
  const content = { digest, size: bytes.length };
  return staged(content, {
    commit: (options) => push(content, bytes, options),
    abort: async () => {},
  });
}

/** A staged blob that is committed once or aborted once, however often either is asked for. */
function staged(
  { digest, size }: Content,
  ends: { commit(options: CallOptions): Promise<void>; abort(): Promise<void> },
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
      if (!committed) aborted ??= ends.abort();
      await aborted;
    },
  };

  async function finish(options: CallOptions = {}): Promise<Descriptor> {
    if (aborted) throw new VitteError('PKG_E_INTERNAL', 'a staged blob was aborted already');
    await ends.commit(options);
    return { mediaType: 'application/octet-stream', digest, size };
  }
}
