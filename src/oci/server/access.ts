// What a request needs, and how a server asks for it. https://distribution.github.io/distribution/spec/auth/token/
import type { OciRoute } from './route.ts';

export type RepositoryAction = 'pull' | 'push' | 'delete';

export type NeededAccess = { repository: string; actions: readonly RepositoryAction[] };

/** As many as a token of a few KiB can hold. */
const scopesMax = 16;
const scopeLengthMax = 512;
const knownActions: readonly string[] = ['pull', 'push', 'delete'] satisfies RepositoryAction[];

/** What a request needs of a repository; nothing for one that is about none. */
export function neededAccess(method: string, route: OciRoute): NeededAccess | undefined {
  if (route.kind === 'ping' || route.kind === 'token') return undefined;
  return { repository: route.name, actions: actionsOf(method, route) };
}

function actionsOf(method: string, { kind }: OciRoute): readonly RepositoryAction[] {
  if (kind === 'upload' || kind === 'uploads') return ['pull', 'push'];
  if (method === 'GET' || method === 'HEAD') return ['pull'];
  return method === 'DELETE' ? ['pull', 'delete'] : ['pull', 'push'];
}

/** The challenge of a 401: where a token is to be had, and for what. */
export function challenge(
  baseUrl: string,
  service: string,
  needed: NeededAccess | undefined,
  options: { insufficient: boolean } = { insufficient: false },
): string {
  const parameters = [`realm="${baseUrl}/v2/token"`, `service="${service}"`];
  if (needed)
    parameters.push(`scope="repository:${needed.repository}:${needed.actions.join(',')}"`);
  if (options.insufficient) parameters.push('error="insufficient_scope"');
  return `Bearer ${parameters.join(',')}`;
}

/**
 * The repositories and actions that scopes ask for, each repository once; scopes of other things, and what can't be
 * read, are passed over. `*` stands for all actions. Undefined where they are too many or too long.
 */
export function parseScopes(
  scopes: readonly string[],
): { repository: string; actions: RepositoryAction[] }[] | undefined {
  const texts = scopes.flatMap((text) => text.split(' ')).filter((text) => text !== '');
  if (texts.length > scopesMax || texts.some((text) => text.length > scopeLengthMax)) {
    return undefined;
  }
  const asked = new Map<string, Set<string>>();
  for (const text of texts) {
    const [, repository, list = ''] = /^repository(?:\([^)]*\))?:([^:]+):([^:]*)$/.exec(text) ?? [];
    if (repository === undefined) continue;
    const actions = asked.get(repository) ?? new Set();
    asked.set(repository, actions);
    const named = list.split(',');
    for (const action of named.includes('*') ? knownActions : named) actions.add(action);
  }
  return [...asked].map(([repository, actions]) => ({
    repository,
    actions: (knownActions as RepositoryAction[]).filter((action) => actions.has(action)),
  }));
}
