// Scopes of the token protocol: `repository:NAME:ACTION,ACTION`.
// https://distribution.github.io/distribution/spec/auth/scope/

/** What a request needs of a repository. */
export type RepositoryAccess = {
  repository: string;
  actions: readonly ('pull' | 'push' | 'delete')[];
  /** Another repository that is read from, for a mount. */
  from?: string;
};

/** What a request needs: something of a repository, or the list of all of them. */
export type Access = RepositoryAccess | 'catalog';

/** The scopes of a request, as a registry would name them in a challenge. */
export function scopesOf(access: Access): string[] {
  if (access === 'catalog') return ['registry:catalog:*'];
  const { repository, actions, from } = access;
  const scopes = [`repository:${repository}:${actions.toSorted().join(',')}`];
  return from === undefined ? scopes : [...scopes, `repository:${from}:pull`];
}

/** Splits the `scope` of a challenge. */
export function challengedScopes(text: string | undefined): string[] {
  return text?.split(/\s+/).filter((scope) => scope !== '') ?? [];
}

/**
 * Joins the scopes of a challenge with those of the request: each resource once, with all its actions, sorted, the
 * challenged ones before the others. Equal needs give equal lists, whatever order they came in.
 */
export function mergeScopes(challenged: readonly string[], own: readonly string[]): string[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of [...challenged, ...own]) {
    const { resource, names } = split(scope);
    const known = actions.get(resource) ?? new Set();
    for (const name of names) known.add(name);
    actions.set(resource, known);
  }
  const first = new Set(challenged.map((scope) => split(scope).resource));
  const resources = [...actions.keys()].sort();
  return [
    ...resources.filter((resource) => first.has(resource)),
    ...resources.filter((resource) => !first.has(resource)),
  ].map((resource) => {
    const names = [...(actions.get(resource) ?? [])].sort();
    return names.length > 0 ? `${resource}:${names.join(',')}` : resource;
  });
}

/** The same scope with the right to push to the repository that it lets read. */
export function withPush(scope: string): string {
  return /^repository:.+:pull$/.test(scope) ? `${scope},push` : scope;
}

/** Actions stand behind the last colon; a name may hold a host with a port. */
function split(scope: string): { resource: string; names: string[] } {
  const at = scope.lastIndexOf(':');
  if (at <= scope.indexOf(':')) return { resource: scope, names: [] };
  const names = scope.slice(at + 1).split(',');
  return { resource: scope.slice(0, at), names: names.filter((name) => name !== '') };
}
