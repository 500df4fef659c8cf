// What the pool and its workers say to each other. A worker does one resolution at a time.
import type { ErrorCode } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { PackageName } from '../core/name.ts';
import type {
  PackageFacts,
  ResolveOptions,
  ResolveRequest,
  ResolveResult,
  UnreadRequest,
} from './port.ts';

export type ToWorker =
  | {
      say: 'resolve';
      request: ResolveRequest | UnreadRequest;
      options: Omit<ResolveOptions, 'signal'>;
    }
  | { say: 'cancel' }
  /** The answer to `ask`, in parts. */
  | { say: 'facts'; packages: SentFacts[]; more: boolean }
  /** The provider failed; the pool keeps the error. */
  | { say: 'no-facts' };

/**
 * Facts of one package: by their number where the worker has them already, with what it must forget first; null for a
 * package that does not exist.
 */
export type SentFacts = { number: number; facts?: PackageFacts; forget?: number[] } | null;

export type FromWorker =
  | { say: 'ask'; names: readonly PackageName[] }
  | { say: 'done'; result: ResolveResult }
  | { say: 'failed'; error: SpokenError };

/** An error without its class: `code` is absent for one that is no VitteError. */
export type SpokenError = {
  code?: ErrorCode;
  message: string;
  help?: string;
  data?: JsonObject;
  cause?: unknown;
};
