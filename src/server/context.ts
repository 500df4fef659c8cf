import type { ParameterizedContext } from 'koa';
import type { ApiState } from '../api/route.ts';

/** What a request carries through the middleware. */
export type ServerState = ApiState & {
  /** Code of the problem that was answered, for the access log. */
  code?: string;
};

export type ServerContext = ParameterizedContext<ServerState>;
