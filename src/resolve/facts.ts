// Facts as they are asked of the provider, for one resolution and what is tried after it.
import { VitteError } from '../core/errors.ts';
import type { PackageName } from '../core/name.ts';
import { rulesOf, unavailable } from './availability.ts';
import { hasBit } from './bits.ts';
import { providerNamesMax, type ResolveLimits } from './limits.ts';
import type { DependencyRow, PackageFacts, PackageProvider, ResolveRequest } from './port.ts';
import { linksOf, prepare, valuesOf } from './prepared.ts';

export type Facts = {
  /** The facts of a package, null where it does not exist, undefined where they must be loaded first. */
  find(name: PackageName): PackageFacts | null | undefined;
  /**
   * Asks for what these rows name. Where the provider has to be waited for, the dependencies of the versions that are
   * likely to be chosen are asked as well, and theirs: as many waits as the graph is deep, not as it has packages.
   */
  load(rows: readonly DependencyRow[]): Promise<void> | undefined;
  /** Asks for nothing more, where a load is left that was not waited for. */
  stop(): void;
};

export function openFacts(
  provider: PackageProvider,
  request: ResolveRequest,
  limits: ResolveLimits,
  options: { signal?: AbortSignal; nowMs: number },
): Facts {
  const known = new Map<PackageName, PackageFacts | null>();
  const rules = rulesOf(request, options.nowMs);
  const overrides = new Map(request.overrides?.map((row) => [row.name, row.requirement]));
  const prereleases = new Set(request.prereleases);
  const callOptions = options.signal ? { signal: options.signal } : {};
  let stopped = false;
  return { find, load, stop };

  function stop() {
    stopped = true;
  }

  function find(name: PackageName): PackageFacts | null | undefined {
    const found = known.get(name);
    if (found !== undefined || !provider.atHand) return found;
    const facts = provider.atHand(name);
    if (facts !== undefined) keepOne(name, facts);
    return facts;
  }

  function load(rows: readonly DependencyRow[]): Promise<void> | undefined {
    const [first] = rows;
    const names = first && rows.length === 1 ? [first.name] : unknownNames(rows);
    if (names.length > providerNamesMax) return loadAhead(rows);
    const answer = provider.packages(names, callOptions);
    if (!(answer instanceof Promise)) {
      keep(names, answer);
      return undefined;
    }
    return answer.then((found) => {
      keep(names, found);
      return loadAhead(likelyRows(rows));
    });
  }

  async function loadAhead(first: readonly DependencyRow[]) {
    for (let rows = first; rows.length > 0 && !stopped; rows = likelyRows(rows)) {
      const names = unknownNames(rows);
      const parts: PackageName[][] = [];
      while (names.length > 0) parts.push(names.splice(0, providerNamesMax));
      // One after the other: the provider decides how much it does at once.
      for (const part of parts) {
        if (stopped) return;
        keep(part, await provider.packages(part, callOptions));
      }
    }
  }

  function unknownNames(rows: readonly DependencyRow[]): PackageName[] {
    const names = new Set<PackageName>();
    for (const { name } of rows) if (find(name) === undefined) names.add(name);
    return [...names];
  }

  function keep(names: readonly PackageName[], found: readonly (PackageFacts | undefined)[]) {
    for (const [index, name] of names.entries()) keepOne(name, found[index] ?? null);
  }

  function keepOne(name: PackageName, facts: PackageFacts | null) {
    if (facts && facts.versions.length > limits.versionsMax) {
      throw limitError('versionsMax', `${name} has over ${limits.versionsMax} versions`);
    }
    known.set(name, facts);
    if (known.size > limits.packagesMax) {
      throw limitError('packagesMax', `over ${limits.packagesMax} packages would have to be read`);
    }
  }

  /** Dependencies, not asked for yet, of the versions that these rows would get if nothing else spoke against them. */
  function likelyRows(rows: readonly DependencyRow[]): DependencyRow[] {
    return rows.flatMap((row) => {
      const facts = find(row.name);
      if (!facts) return [];
      const prepared = prepare(facts);
      const requirement = overrides.get(row.name) ?? row.requirement;
      const values = valuesOf(prepared, requirement, prereleases.has(row.name));
      const excluded = [...unavailable(prepared, rules).values()];
      const order = prepared.versions.map((_, index) => index);
      if (request.prefer !== 'minimal') order.reverse();
      const likely = order.find((index) => {
        return hasBit(values, 0, index + 1) && !excluded.some((set) => hasBit(set, 0, index + 1));
      });
      if (likely === undefined) return [];
      return linksOf(prepared, likely)
        .map(({ row }) => row)
        .filter(({ name }) => find(name) === undefined);
    });
  }
}

/** The error of a limit that a resolution would pass; `limit` is its name in ResolveLimits. */
export function limitError(limit: keyof ResolveLimits, detail: string): VitteError {
  return new VitteError('PKG_E_RESOLVE_LIMIT', `resolving was stopped: ${detail}`, {
    help: 'ask for fewer packages, or for narrower requirements',
    data: { limit },
  });
}
