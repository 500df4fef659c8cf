import type { RouterContext } from '@koa/router';
import type { PackageName } from '../core/name.ts';
import type { UseCases } from './use-cases.ts';
import type { V2Parts } from './v2/parts.ts';

/** What the server's middleware leaves for a route. */
export type ApiState = {
  requestId: string;
  /** Aborts when the client leaves before it has its answer. */
  signal: AbortSignal;
  /** Account of the caller, for the access log. */
  account?: string;
  /** The first number of the journal that the index answered at. */
  readAt?: number;
  /**
   * Set where the answer to a path without a query depends on what it accepts and on this package alone: it may be
   * given again until the journal has another entry about the package. `sequence` is the head it was read at.
   */
  holds?: { package: PackageName; sequence: number };
};

export type ApiContext = RouterContext<ApiState>;

export type ApiLimits = {
  /** Of the body of a publish. */
  uploadBytesMax: number;
  /** Longest wait for the next piece of a body. */
  bodyIdleTimeoutMs: number;
  /** Longest wait for a client to take a piece of a download or stream. */
  sendStallTimeoutMs: number;
  /** Streams of changes that are open at once. */
  streamsMax: number;
};

export const defaultApiLimits: ApiLimits = {
  uploadBytesMax: 1024 ** 3,
  bodyIdleTimeoutMs: 30_000,
  sendStallTimeoutMs: 60_000,
  streamsMax: 1_000,
};

/** What routes work with. */
export type ApiParts = {
  useCases: UseCases;
  software: { name: string; version: string };
  limits: ApiLimits;
  /** Base of the links in answers, without a slash at its end. Known once the server listens. */
  publicUrl: () => string;
  /** True once the server is on its way down. */
  draining: () => boolean;
  /** Told of each number of the journal that an answer names, before the answer is given. */
  answered?: (sequence: number) => void;
  /** Absent where `/v2/` is not served. */
  v2?: V2Parts;
};

export type Route = {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** As in spec/openapi.yaml. `{name}` stands for one or two segments, see package-path.ts. */
  path: string;
  handle: (context: ApiContext, parts: ApiParts) => Promise<void>;
};

export const apiPrefix = '/api/v1';
