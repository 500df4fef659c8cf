import { VitteError } from '../core/errors.ts';
import type { KeeperCache } from './layout-cache.ts';
import type { Uploads } from './layout-uploads.ts';
import type { RepositoryName } from './names.ts';
import type { CallOptions } from './port.ts';
import type { UploadSessions } from './upload-sessions.ts';

/** What the parts of an open layout store share. */
export type LayoutContext = {
  /** The store's folder, without symbolic links. */
  readonly root: string;
  /** Where the layout of a repository lies. */
  folderOf(name: RepositoryName): string;
  readonly uploads: Uploads;
  /** Uploads that go on over several calls. */
  readonly sessions: UploadSessions;
  readonly repositories: KeeperCache;
  /** Aborts with PKG_E_SHUTTING_DOWN when the store closes. */
  readonly closing: AbortSignal;
  /**
   * Runs what writes. Without the lock nothing may be written, so a store that closes waits for what is under
   * way, and refuses the rest with PKG_E_SHUTTING_DOWN.
   */
  writing<T>(options: CallOptions | undefined, work: () => Promise<T>): Promise<T>;
};

/** The writers of a store, and how they are told to end. */
export function createWriters(): Pick<LayoutContext, 'closing' | 'writing'> & {
  end(): Promise<void>;
} {
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  return {
    closing: closing.signal,

    async writing(options, work) {
      options?.signal?.throwIfAborted();
      closing.signal.throwIfAborted();
      const writer = work();
      running.add(writer);
      try {
        return await writer;
      } finally {
        running.delete(writer);
      }
    },

    async end() {
      closing.abort(new VitteError('PKG_E_SHUTTING_DOWN', 'the store is closed'));
      await Promise.allSettled(running);
    },
  };
}
