import type { Descriptor } from '../../core/descriptor.ts';
import type { VitteError } from '../../core/errors.ts';
import type { ManifestProfile } from '../../core/manifest-profile.ts';
import type { Registry, Repository } from '../port.ts';
import type { CheckName, CheckStatus, Finding } from './check.ts';
import type { Throwaway, ThrowawayManifest } from './throwaway.ts';
import type { Exchange, Wire } from './wire.ts';

export type ProbeLimits = {
  /** Tags that are written, overwritten and read back. */
  tags: number;
  /** Of those under way at once. */
  concurrency: number;
  /** A blob that is sent whole, and one that is streamed: more than the 4 MiB that some take in one piece. */
  pushedBytes: number;
  streamedBytes: number;
  /** For everything but tidying up, and for that. */
  timeoutMs: number;
  cleanupTimeoutMs: number;
  /** How long what is being written may go on once it is told to end: what was cut off may appear later. */
  writeGraceMs: number;
};

export const probeLimits: ProbeLimits = {
  tags: 100,
  concurrency: 8,
  pushedBytes: 64 * 1024,
  streamedBytes: 5 * 1024 * 1024 + 1,
  timeoutMs: 5 * 60_000,
  cleanupTimeoutMs: 60_000,
  writeGraceMs: 3_000,
};

/** What every check is given. */
export type Bench = {
  registry: Registry;
  /** The repository over the connection that writes, and over another one that reads back. */
  first: Repository;
  second: Repository;
  /** Forms of manifests, the best one first. */
  profiles: readonly ManifestProfile[];
  /** What `push` left: the form that the storage took, the blobs (config and layer), and the manifest over them. */
  profile: ManifestProfile;
  parts: readonly Descriptor[];
  pushed: ThrowawayManifest | undefined;
  /** Undefined for a storage that no wire leads to. */
  wire: Wire | undefined;
  /** The exchanges of this check, and those of all before it. */
  seen(): readonly Exchange[];
  seenBefore: readonly Exchange[];
  things: Throwaway;
  limits: ProbeLimits;
  /** For what reads, and for what writes. */
  reading: AbortSignal;
  writing: AbortSignal;
  progress(done: number, total: number): void;
};

export type Outcome = Finding & { status: CheckStatus; error?: VitteError };

export type CheckRow = {
  name: CheckName;
  /** Checks that must not have failed before. */
  needs: readonly CheckName[];
  run(bench: Bench): Promise<Outcome>;
};
