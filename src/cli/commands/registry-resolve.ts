import { cacheFolder } from '../../client/cache-folder.ts';
import { openIndexCache } from '../../client/index-cache.ts';
import { cachedPackages, registryPackages } from '../../client/package-provider.ts';
import { isVitteError, type VitteError } from '../../core/errors.ts';
import type { PackageName } from '../../core/name.ts';
import type {
  Candidate,
  LockedGraph,
  PackageFacts,
  PackageProvider,
  ResolveRequest,
  ResolveResult,
} from '../../resolve/port.ts';
import { resolve } from '../../resolve/resolve.ts';
import type { Invocation } from '../command.ts';
import { registryUrlOf, withRegistry } from '../compose.ts';
import { isOn } from '../environment.ts';
import { resolveRequestOf } from '../resolve-request.ts';
import { spoken } from '../spoken-error.ts';
import { unsolvable } from '../unsolvable.ts';

/** A slow network may take its time; the search itself is bounded by its steps. */
const timeMs = 300_000;

/**
 * `vitte registry resolve NAME[@REQ]…`: reads index documents, as many rounds as the graph is deep, keeps them, and
 * resolves here; with --offline from what is kept alone.
 */
export async function run(invocation: Invocation): Promise<void> {
  const { options, environment } = invocation;
  const request = await resolveRequestOf(invocation);
  const offline = options.flag('offline') || isOn(environment.variables.VITTE_PACKAGE_OFFLINE);
  const seen: Facts = new Map();
  const result = offline
    ? await resolveOffline(invocation, request, seen)
    : await resolveOnline(invocation, request, seen);
  if (result.status === 'unsolvable') throw unsolvable(result.explanation, invocation.messages);
  await tell(result.graph, seen, invocation);
}

/** What was read on the way. */
type Facts = Map<PackageName, PackageFacts>;

function resolveOnline(
  invocation: Invocation,
  request: ResolveRequest,
  seen: Facts,
): Promise<ResolveResult> {
  const { signal, output, messages } = invocation;
  const cache = cacheOf(invocation);
  return withRegistry(invocation, async ({ client }) => {
    const provider = registryPackages(client, cache);
    try {
      return await resolve(request, noting(provider, seen), {
        signal,
        limits: { timeMs },
        slowProvider: 'PKG_E_REGISTRY_UNAVAILABLE',
      });
    } finally {
      const failure = await provider.kept();
      if (failure instanceof Error) output.note(messages.resolve.notKept(failure.message));
    }
  });
}

async function resolveOffline(
  invocation: Invocation,
  request: ResolveRequest,
  seen: Facts,
): Promise<ResolveResult> {
  const provider = noting(cachedPackages(cacheOf(invocation)), seen);
  try {
    return await resolve(request, provider, { signal: invocation.signal, limits: { timeMs } });
  } catch (error) {
    if (isVitteError(error, 'PKG_E_OFFLINE')) throw inTheirLanguage(error, invocation);
    throw error;
  }
}

function cacheOf(invocation: Invocation) {
  return openIndexCache(cacheFolder(invocation.environment.variables), registryUrlOf(invocation));
}

function inTheirLanguage(error: VitteError, invocation: Invocation): VitteError {
  const { absent, damaged, offlineHelp: help } = invocation.messages.resolve;
  const { package: name = '', file = '' } = error.data ?? {};
  const url = registryUrlOf(invocation);
  const message = file === '' ? absent(`${name}`, url) : damaged(`${name}`, `${file}`);
  return spoken(error.code, message, {
    help,
    cause: error,
    ...(error.data ? { data: error.data } : {}),
  });
}

function noting(provider: PackageProvider, seen: Facts): PackageProvider {
  const note = (found: (PackageFacts | undefined)[]) => {
    for (const facts of found) if (facts) seen.set(facts.name, facts);
    return found;
  };
  return {
    packages(names, options) {
      const answer = provider.packages(names, options);
      return answer instanceof Promise ? answer.then(note) : note(answer);
    },
  };
}

async function tell(graph: LockedGraph, seen: Facts, { output, messages }: Invocation) {
  const { table, resolve: said } = messages;
  await output.answer({ schema: 'vitte.registry.resolution', ...graph }, (paper) => {
    const header = [table.name, table.version, paper.forPeople ? said.requiredBy : table.digest];
    const asking = paper.forPeople ? askersOf(graph, said.you) : undefined;
    const rows = graph.packages.map(({ name, version, digest = '' }) => {
      return [name, version, asking?.get(`${name}@${version}`)?.join(', ') ?? digest];
    });
    paper.table(header, rows);
  });
  for (const { name, version } of graph.packages) {
    const found = seen.get(name)?.versions.find((row: Candidate) => row.version === version);
    if (found?.yanked) output.warn(messages.fetch.yanked(`${name}@${version}`));
  }
  for (const name of new Set(graph.packages.map((row) => row.name))) {
    const { deprecated } = (seen.get(name) ?? {}) as { deprecated?: unknown };
    if (typeof deprecated === 'string') output.note(said.deprecated(name, deprecated));
  }
}

/** Of each version who asks for it, and what for: `you *`, `web ^1.2`. */
function askersOf(graph: LockedGraph, you: string): Map<string, string[]> {
  const asking = new Map<string, string[]>();
  const note = (by: string, rows: LockedGraph['requirements']) => {
    for (const { name, version, requirement } of rows) {
      const key = `${name}@${version}`;
      const askers = asking.get(key) ?? [];
      asking.set(key, askers);
      askers.push(`${by} ${requirement || '*'}`);
    }
  };
  note(you, graph.requirements);
  for (const { name, dependencies } of graph.packages) note(name, dependencies);
  return asking;
}
