import { mapConcurrently } from '../core/concurrency.ts';
import type { PackageName } from '../core/name.ts';
import type { Dependency } from '../core/package-manifest.ts';
import { highestSatisfying } from '../core/requirement.ts';
import type { Version } from '../core/version.ts';
import { listedVersions } from '../index/listed-versions.ts';
import type { VersionRecord } from '../index/port.ts';
import { readPackage } from './info.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, DependencyNode, DependencyTree } from './port.ts';
import { requireVersion } from './version-info.ts';

/** Rows of one tree, and levels of it. */
const nodesMax = 2_000;
export const treeDepthMax = 64;
const readsMax = 16;

type Scope = DependencyNode['scope'];
type Stated = { scope: Scope; dependency: Dependency };
/** A version whose rows are to be put in here. */
type Open = { rows: DependencyNode[]; stated: Stated[] };

/**
 * What a version depends on, and what that depends on in turn: for each requirement by itself, the highest version
 * that satisfies it today and is not yanked. It shows the graph, it does not resolve it: two rows may name two
 * versions of one package. A version's own dependencies stand once in the tree, as near to the root as may be; those
 * for development are shown of the root alone. `depth` is 1 to 64 levels. Throws PKG_E_NOT_FOUND.
 */
export async function dependencies(
  parts: Parts,
  { name, version, depth }: { name: PackageName; version: Version; depth: number },
  context: CallContext,
): Promise<Answer<DependencyTree>> {
  const { sequence, value: record } = await readPackage(parts, name, context);
  const root = requireVersion(name, record, version);
  const standing = new Map<PackageName, VersionRecord[]>();
  const expanded = new Set([label(name, version)]);
  const tree: DependencyTree = { name, version, dependencies: [], complete: true };
  let count = 0;
  let level: Open[] = [{ rows: tree.dependencies, stated: statedBy(root, 'with development') }];

  for (let at = 1; level.length > 0; at += 1) {
    if (at > depth) {
      tree.complete = false;
      break;
    }
    await readAll(level);
    level = level.flatMap(fill);
  }
  return { sequence, value: tree };

  async function readAll(open: Open[]) {
    const names = open.flatMap(({ stated }) => stated.map(({ dependency }) => dependency.name));
    const wanted = [...new Set(names)].filter((name) => !standing.has(name));
    const options = context.signal ? { signal: context.signal } : {};
    await mapConcurrently(wanted.slice(0, nodesMax), readsMax, async (name) => {
      const { value: record } = await parts.index.package(name, options);
      const listed = record ? listedVersions(record) : [];
      standing.set(
        name,
        listed.filter(({ yanked }) => !yanked),
      );
    });
  }

  /** Puts in the rows of one version, and gives those whose own rows are to come. */
  function fill({ rows, stated }: Open): Open[] {
    const open: Open[] = [];
    for (const { scope, dependency } of stated) {
      if (count >= nodesMax) {
        tree.complete = false;
        break;
      }
      count += 1;
      const { name: on, requirement } = dependency;
      const best = highestSatisfying(standing.get(on) ?? [], requirement);
      const own = best ? statedBy(best, 'without development') : [];
      const key = best ? label(on, best.version) : '';
      const repeated = own.length > 0 && expanded.has(key);
      const node = nodeOf(dependency, scope, best?.version, repeated);
      rows.push(node);
      if (own.length === 0 || repeated) continue;
      expanded.add(key);
      open.push({ rows: node.dependencies, stated: own });
    }
    return open;
  }
}

function statedBy(
  { document }: VersionRecord,
  which: 'with development' | 'without development',
): Stated[] {
  const rowsOf = (scope: Scope, rows: Dependency[] = []) =>
    rows.map((dependency) => ({ scope, dependency }));
  return [
    ...rowsOf('runtime', document.dependencies),
    ...(which === 'with development' ? rowsOf('development', document.devDependencies) : []),
  ];
}

function nodeOf(
  { name, requirement, optional = false, features = [] }: Dependency,
  scope: Scope,
  version: Version | undefined,
  repeated: boolean,
): DependencyNode {
  return { name, requirement, scope, optional, features, version, repeated, dependencies: [] };
}

function label(name: PackageName, version: Version): string {
  return `${name} ${version}`;
}
