import type { DependencyNode, Dependent } from '../registry/port.ts';
import { reply, setSequence } from './answer.ts';
import { callContext } from './call-context.ts';
import { linkTo } from './links.ts';
import { packagePath } from './package-path.ts';
import { packageOf, versionOf } from './packages.ts';
import { formatPlace, parsePlaceCursor } from './place-cursor.ts';
import { parseQuery } from './query.ts';
import type { ApiContext, ApiParts, Route } from './route.ts';

export const dependencyRoutes: Route[] = [
  { method: 'GET', path: '/api/v1/packages/{name}/-/dependents', handle: listDependents },
  { method: 'GET', path: '/api/v1/packages/{name}/{version}/dependencies', handle: showTree },
];

type DependentsParameters = { transitive?: 'true' | 'false'; limit?: number; cursor?: string };
const dependentsLimit = 100;
const treeDepth = 64;

async function listDependents(context: ApiContext, parts: ApiParts): Promise<void> {
  const { name } = packageOf(context);
  const query = await parseQuery<DependentsParameters>('dependents-query', context.querystring);
  const transitive = query.transitive === 'true';
  const scope = ['dependents', name, transitive];
  const page = {
    transitive,
    limit: query.limit ?? dependentsLimit,
    ...(query.cursor === undefined ? {} : { after: parsePlaceCursor(scope, query.cursor) }),
  };
  const call = await callContext(context, parts);
  const { sequence, value } = await parts.useCases.dependents(name, page, call);
  const next = value.next === undefined ? null : formatPlace(scope, value.next);
  if (next !== null) {
    const rest = new URLSearchParams(context.querystring);
    rest.set('cursor', next);
    const path = `${packagePath(name)}/-/dependents?${rest}`;
    context.set('Link', `<${linkTo(parts, path)}>; rel="next"`);
  }
  await setSequence(context, parts, call, sequence);
  const { complete } = value;
  const dependents = value.dependents.map(transitive ? (row) => row : directRow);
  const schema = 'vitte.registry.dependents.v1';
  reply(context, { body: { schema, name, transitive, dependents, next, complete } });
}

async function showTree(context: ApiContext, parts: ApiParts): Promise<void> {
  const { name, version } = versionOf(context);
  const query = await parseQuery<{ depth?: number }>('dependencies-query', context.querystring);
  const call = await callContext(context, parts);
  const request = { name, version, depth: query.depth ?? treeDepth };
  const { sequence, value } = await parts.useCases.dependencies(request, call);
  await setSequence(context, parts, call, sequence);
  const schema = 'vitte.registry.dependencies.v1';
  const { complete } = value;
  const dependencies = value.dependencies.map(treeRow);
  reply(context, { body: { schema, name, version, dependencies, complete } });
}

/** What everybody on the list has in common is left out. */
function directRow({ on: _on, depth: _depth, ...row }: Dependent) {
  return row;
}

function treeRow(node: DependencyNode): object {
  const { name, requirement, scope, optional, features, version, repeated } = node;
  return {
    name,
    requirement,
    scope,
    ...(optional ? { optional } : {}),
    ...(features.length > 0 ? { features } : {}),
    version: version ?? null,
    ...(repeated ? { repeated } : {}),
    dependencies: node.dependencies.map(treeRow),
  };
}
