// What a probe of a storage finds, without a word for people: `cli` has those.
import type { VitteError } from '../../core/errors.ts';

/** Everything that is tried, in the order in which it is told. */
export const checkNames = [
  'reach',
  'auth',
  'push',
  'chunks',
  'read',
  'referrers',
  'overwrite',
  'new-tags',
  'overwritten-tags',
  'tags',
  'delete',
] as const;
export type CheckName = (typeof checkNames)[number];

/** What the registry can't do without. The rest costs requests, time or comfort. */
export const neededChecks: ReadonlySet<CheckName> = new Set([
  'reach',
  'auth',
  'push',
  'chunks',
  'read',
  'referrers',
  'overwrite',
  'new-tags',
  'overwritten-tags',
  'tags',
]);

/**
 * `slower`: it works by a detour; `missing`: something that is not needed does not work; `failed`: something needed
 * does not; `skipped`: it could not be tried.
 */
export type CheckStatus = 'ok' | 'slower' | 'missing' | 'failed' | 'skipped';

/** What was found, with the numbers that belong to it. */
export type Finding =
  | { finding: 'reached' | 'folder' | 'denied' }
  | { finding: 'no-credentials' | 'credentials' | 'token' }
  | { finding: 'pushed' | 'known-types-only' }
  | { finding: 'no-repository'; repository: string }
  | { finding: 'one-piece'; bytes: number }
  | { finding: 'pieces'; bytes: number; pieces: number }
  | { finding: 'too-large'; bytes: number; taken: number }
  | { finding: 'ranges' | 'no-ranges'; redirect?: string }
  | { finding: 'referrers-api' | 'fallback-tag' | 'referrer-lost' }
  | { finding: 'overwritten'; requestMs: number }
  | { finding: 'not-overwritten' }
  | { finding: 'read-back'; count: number; apart: boolean }
  | { finding: 'stale'; count: number; stale: number }
  | { finding: 'listed'; count: number; pages: number }
  | { finding: 'not-listed'; count: number; lost: number }
  | { finding: 'deletes' | 'deletes-manifests' | 'delete-refused' | 'delete-ignored' }
  | { finding: 'error' | 'late' }
  | { finding: 'not-tried'; because: CheckName };

export type Check = Finding & {
  check: CheckName;
  status: CheckStatus;
  /** What the storage said, where it said no. */
  error?: VitteError | undefined;
};

/** What could not be deleted again, all of it in `repository`. */
export type Leftovers = { repository: string; tags: string[]; manifests: number; blobs: number };
