// Uploads of several calls in a store that one process has open: what is the same for a folder and for memory.
import { createHash, type Hash, randomUUID } from 'node:crypto';
import { algorithmOf, type Digest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { abortable } from './abortable.ts';
import type { CallOptions, UploadChunk, UploadState, UploadStore } from './port.ts';

/** Where the bytes of one upload lie until it is finished. */
export type UploadSink = {
  /** Writes pieces from a position on, over what a failed call may have left there, and tells of each. */
  append(
    position: number,
    source: AsyncIterable<Uint8Array>,
    onWritten: (piece: Uint8Array) => void,
  ): Promise<void>;
  /** The first `size` bytes, once more. */
  content(size: number): AsyncIterable<Uint8Array>;
  /** Makes the first `size` bytes a blob; they are gone from here whether it succeeds or not. */
  commit(target: { digest: Digest; size: number }, options?: CallOptions): Promise<void>;
  remove(): Promise<void>;
};

export type UploadLimits = {
  /** Open at a time, over all repositories. */
  sessionsMax: number;
  /** An upload that nobody goes on with is forgotten after this time. */
  idleMs: number;
};

export const uploadLimits: UploadLimits = { sessionsMax: 1_000, idleMs: 60 * 60_000 };

/** The open uploads of a store. */
export type UploadSessions = {
  /** The uploads of one repository; `open` makes the place for the bytes of a new one. */
  store(repository: string, open: () => Promise<UploadSink>, closing?: AbortSignal): UploadStore;
  /** Forgets them all, and waits until what they held is gone. */
  end(): Promise<void>;
};

type Session = {
  id: string;
  repository: string;
  sink: UploadSink;
  size: number;
  /** Of all bytes so far: most content is named by sha256, and hashing it on the way saves reading it again. */
  sha256: Hash;
  busy: boolean;
  expiry: NodeJS.Timeout | undefined;
};

export function createUploadSessions(limits: UploadLimits = uploadLimits): UploadSessions {
  const sessions = new Map<string, Session>();
  return {
    store: (repository, open, closing) => openStore({ repository, open, closing }),
    async end() {
      const open = [...sessions.values()];
      for (const session of open) forget(session);
      await Promise.all(open.map(({ sink }) => sink.remove()));
    },
  };

  function openStore(place: {
    repository: string;
    open: () => Promise<UploadSink>;
    closing: AbortSignal | undefined;
  }): UploadStore {
    const { repository, open, closing } = place;
    return {
      async begin(options) {
        options?.signal?.throwIfAborted();
        if (sessions.size >= limits.sessionsMax) throw tooMany(limits.sessionsMax);
        const session: Session = {
          id: randomUUID(),
          repository,
          sink: await open(),
          size: 0,
          sha256: createHash('sha256'),
          busy: false,
          expiry: undefined,
        };
        sessions.set(session.id, session);
        rest(session);
        return stateOf(session);
      },

      append: (upload, chunk, options) =>
        holding(upload, options, async (session) => {
          await add(session, chunk, options);
          return stateOf(session);
        }),

      async status(upload, options) {
        options?.signal?.throwIfAborted();
        return stateOf(find(upload));
      },

      finish: (upload, digest, chunk, options) =>
        holding(upload, options, async (session) => {
          if (chunk) await add(session, chunk, options);
          forget(session);
          await settle(session, digest, options);
        }),

      abort: (upload, options) =>
        holding(upload, options, async (session) => {
          forget(session);
          await session.sink.remove();
        }),
    };

    /** One call at a time writes to an upload. It does not grow old meanwhile. */
    async function holding<T>(
      upload: UploadState,
      options: CallOptions | undefined,
      work: (session: Session) => Promise<T>,
    ): Promise<T> {
      options?.signal?.throwIfAborted();
      const session = find(upload);
      if (session.busy) throw busy();
      session.busy = true;
      clearTimeout(session.expiry);
      try {
        return await work(session);
      } finally {
        session.busy = false;
        if (sessions.has(session.id)) rest(session);
      }
    }

    async function add(session: Session, { source, first }: UploadChunk, options?: CallOptions) {
      if (first !== undefined && first !== session.size) throw misplaced(first, session.size);
      const bytes = abortable(source, options?.signal, closing);
      await session.sink.append(session.size, bytes, (piece) => {
        session.size += piece.length;
        session.sha256.update(piece);
      });
    }

    function find({ session: id }: UploadState): Session {
      const session = sessions.get(id);
      if (session?.repository !== repository) throw unknown();
      return session;
    }
  }

  async function settle({ sink, size, sha256 }: Session, digest: Digest, options?: CallOptions) {
    try {
      const algorithm = algorithmOf(digest);
      const hash = algorithm === 'sha256' ? sha256 : createHash(algorithm);
      if (hash !== sha256) for await (const piece of sink.content(size)) hash.update(piece);
      const found = `${algorithm}:${hash.digest('hex')}`;
      if (found === digest) return await sink.commit({ digest, size }, options);
      throw new VitteError('PKG_E_INTEGRITY', `what was uploaded has the digest ${found}`, {
        data: { digest, found },
      });
    } catch (error) {
      await sink.remove();
      throw error;
    }
  }

  function rest(session: Session) {
    session.expiry = setTimeout(() => {
      forget(session);
      session.sink.remove().catch(() => {}); // the store clears its uploads when it is opened
    }, limits.idleMs).unref();
  }

  function forget(session: Session) {
    clearTimeout(session.expiry);
    sessions.delete(session.id);
  }
}

function stateOf({ id, size }: Session): UploadState {
  return { session: id, size };
}

/** The error for a session that is over, or never was. */
export function unknown(): VitteError {
  return new VitteError('PKG_E_UPLOAD_UNKNOWN', 'there is no such upload, or no longer', {
    help: 'begin the upload anew',
  });
}

/** The error for a chunk that does not follow what is there. */
export function misplaced(first: number, size: number): VitteError {
  return new VitteError('PKG_E_RANGE', `the chunk begins at ${first}, the upload is at ${size}`, {
    data: { size },
  });
}

function busy() {
  return new VitteError('PKG_E_UPLOAD_BUSY', 'another request is writing to this upload');
}

function tooMany(sessionsMax: number) {
  return new VitteError('PKG_E_RATE_LIMIT', `more than ${sessionsMax} uploads are open`, {
    help: 'finish or cancel some; those that nobody goes on with are forgotten after an hour',
    data: { retryAfterSeconds: 60 },
  });
}
