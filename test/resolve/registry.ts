// Packages for the solver, in few words.
import type { PackageName } from '../../src/core/name.ts';
import type { Requirement } from '../../src/core/requirement.ts';
import type { Version } from '../../src/core/version.ts';
import type {
  Candidate,
  DependencyRow,
  LockedGraph,
  PackageFacts,
  PackageProvider,
  ResolveOptions,
  ResolveRequest,
  ResolveResult,
} from '../../src/resolve/port.ts';
import { resolve } from '../../src/resolve/resolve.ts';

export type Registry = Map<PackageName, PackageFacts>;

/** Dependencies by name: a requirement, or what else a row says. */
export type Rows = Record<
  string,
  | string
  | { requirement: string; features?: readonly string[]; optional?: boolean; source?: string }
>;
/** A version: its dependencies, and under `$` what else is known of it. */
export type VersionSpec = Rows & { $?: Partial<Candidate> };

/** Packages by name and version. */
export function registry(packages: Record<string, Record<string, unknown>>): Registry {
  const found: Registry = new Map();
  for (const [name, versions] of Object.entries(packages)) {
    const candidates = Object.entries(versions).map(([version, spec]) => {
      const { $: more, ...rows } = spec as VersionSpec;
      return { version: version as Version, dependencies: rowsOf(rows as Rows), ...more };
    });
    found.set(name as PackageName, { name: name as PackageName, versions: candidates });
  }
  return found;
}

export function rowsOf(rows: Rows): DependencyRow[] {
  return Object.entries(rows).map(([name, row]) => {
    const { requirement, ...more } = typeof row === 'string' ? { requirement: row } : row;
    return { name: name as PackageName, requirement: requirement as Requirement, ...more };
  });
}

export function request(requirements: Rows, more: Partial<ResolveRequest> = {}): ResolveRequest {
  return { root: { name: 'app' as PackageName }, requirements: rowsOf(requirements), ...more };
}

/** A provider that has all at hand. */
export function providerOf(packages: Registry): PackageProvider {
  return { packages: (names) => names.map((name) => packages.get(name)) };
}

/** Packages and versions that other tables name as `NAME VERSION` lines of a locked graph. */
export function chosen(graph: LockedGraph): string[] {
  return graph.packages.map(({ name, version }) => `${name} ${version}`);
}

/** `NAME VERSION` of all that is chosen; the code where there is no solution. */
export async function outcome(
  packages: Record<string, Record<string, unknown>>,
  requirements: Rows,
  more: Partial<ResolveRequest> = {},
  options: ResolveOptions = {},
): Promise<string[] | string> {
  const result = await solve(packages, requirements, more, options);
  return result.status === 'resolved' ? chosen(result.graph) : result.explanation.code;
}

export function solve(
  packages: Record<string, Record<string, unknown>>,
  requirements: Rows,
  more: Partial<ResolveRequest> = {},
  options: ResolveOptions = {},
): Promise<ResolveResult> {
  return resolve(request(requirements, more), providerOf(registry(packages)), options);
}
