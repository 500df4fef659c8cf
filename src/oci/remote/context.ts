import type { Digest } from '../../core/digest.ts';
import type { Recent } from '../../core/recent.ts';
import type { Client } from './client.ts';
import type { Clock } from './clock.ts';
import type { RemoteLimits } from './limits.ts';
import type { Locks } from './locks.ts';
import type { RepositoryAccess } from './scope.ts';
import type { UploadHabits } from './upload-habits.ts';

/** A manifest that was pushed a short while ago, so that a tag for it costs no reading. */
export type RecentManifest = { mediaType: string; bytes: Uint8Array };

/** What the parts of one remote registry share. Keys of what it remembers are `REPOSITORY DIGEST`. */
export type RemoteContext = {
  client: Client;
  clock: Clock;
  limits: RemoteLimits;
  /** The full name of a repository, with the storage's prefix. PKG_E_REPOSITORY_NAME. */
  fullName(name: string): string;
  /** A URL below a repository: `blobs/sha256:…`. */
  url(repository: string, path: string): URL;
  origin: string;
  /** Hosts that an upload may be sent to beside the registry's own. */
  uploadHosts: ReadonlySet<string>;
  /** Blobs that were pushed or seen a short while ago. */
  blobs: Recent<true>;
  manifests: Recent<RecentManifest>;
  habits: UploadHabits;
  /** Pushes of one blob come one after the other. */
  pushes: Locks;
  /** Work that goes on after its caller was answered, such as the end of an aborted upload; `close` waits for it. */
  later(work: Promise<unknown>): void;
  /** Aborts when the registry is closed. */
  closed: AbortSignal;
};

export function keyOf(repository: string, digest: Digest): string {
  return `${repository} ${digest}`;
}

/** The access of a reader, a writer and a deleter; registries ask for `delete` even to end an upload. */
export function pulling(repository: string): { access: RepositoryAccess } {
  return { access: { repository, actions: ['pull'] } };
}

export function pushing(repository: string): { access: RepositoryAccess } {
  return { access: { repository, actions: ['pull', 'push'] } };
}

export function deleting(repository: string): { access: RepositoryAccess } {
  return { access: { repository, actions: ['delete', 'pull', 'push'] } };
}
