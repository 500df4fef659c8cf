import Router from '@koa/router';
import { VitteError } from '../core/errors.ts';
import { changesRoutes } from './changes.ts';
import { contractRoutes } from './contract.ts';
import { dependencyRoutes } from './dependencies.ts';
import { downloadRoutes } from './download.ts';
import { healthRoutes } from './health.ts';
import { indexRoutes } from './index-documents.ts';
import { packageChangeRoutes } from './package-changes.ts';
import { pathPattern } from './package-path.ts';
import { packageRoutes } from './packages.ts';
import { publishRoutes } from './publish.ts';
import { registryRoutes } from './registry.ts';
import { resolveRoutes } from './resolve.ts';
import type { ApiContext, ApiParts, ApiState, Route } from './route.ts';

/** Every route of the API, as spec/openapi.yaml describes them. */
export const apiRoutes: readonly Route[] = [
  ...registryRoutes,
  ...packageRoutes,
  ...publishRoutes,
  ...downloadRoutes,
  ...packageChangeRoutes,
  ...dependencyRoutes,
  ...indexRoutes,
  ...resolveRoutes,
  ...changesRoutes,
  ...healthRoutes,
  ...contractRoutes,
];

const verbs = { GET: 'get', PUT: 'put', POST: 'post', DELETE: 'delete' } as const;

/** The API as a router, each route under its path template as its name. HEAD goes with every GET. */
export function apiRouter(parts: ApiParts): Router<ApiState> {
  const router = new Router<ApiState>();
  for (const { method, path, handle } of apiRoutes) {
    const run = (context: ApiContext) => handle(context, parts);
    router[verbs[method]](path, pathPattern(path), run);
  }
  return router;
}

/** For what no route took. Throws PKG_E_METHOD or PKG_E_ROUTE; answers OPTIONS. */
export async function noRoute(context: ApiContext): Promise<void> {
  const methods = context.matched?.flatMap((layer) => layer.methods) ?? [];
  const allow = [...new Set([...methods, 'OPTIONS'])].sort();
  if (methods.length === 0) {
    throw new VitteError('PKG_E_ROUTE', 'there is nothing at this path', {
      help: 'the paths of this registry are in /openapi.yaml',
    });
  }
  if (context.method !== 'OPTIONS') throw methodError(context, allow);
  context.set('Allow', allow.join(', '));
  context.status = 204;
}

function methodError({ method, path }: ApiContext, allow: string[]) {
  const wantsVersion = method === 'PUT' && path.startsWith('/api/v1/packages/');
  return new VitteError('PKG_E_METHOD', `${method} is not possible here`, {
    data: { allow },
    ...(wantsVersion
      ? { help: 'what is published has a version at the end of its path: /packages/demo-lib/1.2.3' }
      : {}),
  });
}
