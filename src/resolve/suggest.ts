// Changes of a request that would help. Each is tried: what is told here has been resolved.
import { isVitteError } from '../core/errors.ts';
import type { PackageName } from '../core/name.ts';
import { parseRequirement, type Requirement, satisfies } from '../core/requirement.ts';
import { isPrerelease, type Version } from '../core/version.ts';
import { rulesOf, unavailable } from './availability.ts';
import { hasBit } from './bits.ts';
import type { Facts } from './facts.ts';
import { suggestionsMax, suggestionTriesMax } from './limits.ts';
import type {
  Candidate,
  Claim,
  DependencyRow,
  Explanation,
  LockedGraph,
  PackageFacts,
  ResolveRequest,
  Suggestion,
} from './port.ts';
import { prepare, valuesOf } from './prepared.ts';

/** Resolves a changed request; the graph is undefined where it is unsolvable too. */
export type Attempt = (
  request: ResolveRequest,
  stepsMax: number,
) => Promise<{ graph: LockedGraph | undefined }>;

/** Steps of one try. */
const tryStepsMax = 2_000_000;

type DependencyClaim = Extract<Claim, { kind: 'dependency' }>;
type UnavailableClaim = Extract<Claim, { kind: 'unavailable' }>;
/** One idea: what to try, and what to tell where it works; undefined where it did not. */
type Idea = () => Promise<Suggestion | undefined>;

/**
 * At most five changes with which the request can be resolved, those to the request's own requirements first. What is not
 * found within the limits of the resolution is not suggested.
 */
export async function suggestionsFor(
  request: ResolveRequest,
  explanation: Explanation,
  facts: Pick<Facts, 'find'>,
  { attempt, nowMs, signal }: { attempt: Attempt; nowMs: number; signal: AbortSignal | undefined },
): Promise<Suggestion[]> {
  const claims = explanation.lines.flatMap(({ because }) => because.map(({ claim }) => claim));
  const dependencies = claims.filter((claim) => claim.kind === 'dependency');
  const excluded = claims.filter((claim) => claim.kind === 'unavailable');
  const own = request.requirements.filter((row) => {
    return dependencies.some(({ dependent, dependency: { name, requirement } }) => {
      return dependent.root && name === row.name && requirement === row.requirement;
    });
  });
  const relaxed = new Set<DependencyRow>();
  const ideas: Idea[] = [
    ...namesOf(dependencies.filter(({ overridden }) => overridden)).map(
      (name) => () => dropOverride(name),
    ),
    ...own.map((row) => () => relax(row)),
    ...namesOf(dependencies).map((name) => () => allowPrereleases(name)),
    ...excluded.flatMap((claim) => versionsMeant(claim).map((found) => () => admit(claim, found))),
    ...own.filter(({ features }) => features?.length).map((row) => () => dropFeatures(row)),
    ...own.map((row) => () => remove(row)),
    ...(request.mode === 'multi' ? [] : [allowSeveral]),
    ...namesOf(dependencies.filter(({ dependent }) => !dependent.root)).map(
      (name) => () => override(name),
    ),
  ];
  const found: Suggestion[] = [];
  for (const idea of ideas.slice(0, suggestionTriesMax)) {
    if (found.length >= suggestionsMax) break;
    try {
      const suggestion = await idea();
      if (suggestion) found.push(suggestion);
    } catch (error) {
      signal?.throwIfAborted();
      // Too much for one try may be enough for the next. Whatever else fails, the explanation stands without.
      const isOne = isVitteError(error, 'PKG_E_RESOLVE_LIMIT') && error.data?.limit !== 'timeMs';
      if (!isOne) break;
    }
  }
  return found;

  async function solved(change: Partial<ResolveRequest>): Promise<LockedGraph | undefined> {
    return (await attempt({ ...request, ...change }, tryStepsMax)).graph;
  }

  function withRow(row: DependencyRow, change: Partial<DependencyRow>): DependencyRow[] {
    return request.requirements.map((other) => (other === row ? { ...row, ...change } : other));
  }

  /** Another requirement in place of one of the request: `^` of the version that would be chosen without it. */
  async function relax(row: DependencyRow): Promise<Suggestion | undefined> {
    if (!facts.find(row.name)) return undefined;
    const any = await solved({ requirements: withRow(row, { requirement: '*' as Requirement }) });
    const version = any && chosen(any, row.name);
    if (!version) return undefined;
    const to = parseRequirement(`^${version.replace(/\+.*$/, '')}`);
    const graph = await solved({ requirements: withRow(row, { requirement: to }) });
    if (!graph) return undefined;
    relaxed.add(row);
    return { kind: 'requirement', name: row.name, from: row.requirement, to };
  }

  async function remove(row: DependencyRow): Promise<Suggestion | undefined> {
    const requirements = request.requirements.filter((other) => other !== row);
    if (requirements.length === 0 || relaxed.has(row)) return undefined;
    return (await solved({ requirements })) && { kind: 'remove', name: row.name };
  }

  async function dropFeatures(row: DependencyRow): Promise<Suggestion | undefined> {
    const graph = await solved({ requirements: withRow(row, { features: [] }) });
    return graph && { kind: 'features', name: row.name, features: [...row.features!] };
  }

  async function allowPrereleases(name: PackageName): Promise<Suggestion | undefined> {
    const known = facts.find(name);
    if (request.prereleases?.includes(name) || !known || !wouldTakeMore(known)) return undefined;
    const graph = await solved({ prereleases: [...(request.prereleases ?? []), name] });
    const version = graph && chosen(graph, name);
    if (!version || !isPrerelease(version)) return undefined;
    return { kind: 'prereleases', name, version };
  }

  /** True where a requirement told of takes more versions with prereleases than without. */
  function wouldTakeMore(known: PackageFacts): boolean {
    const prepared = prepare(known);
    return dependencies.some(({ dependency: { name, requirement } }) => {
      if (name !== known.name) return false;
      const without = valuesOf(prepared, requirement, false);
      return valuesOf(prepared, requirement, true).some((word, index) => word !== without[index]);
    });
  }

  /** A version that a rule of the request keeps out, let in. */
  async function admit(
    { reason }: UnavailableClaim,
    { name, candidate }: { name: PackageName; candidate: Candidate },
  ): Promise<Suggestion | undefined> {
    const { version, publishedAt } = candidate;
    const isChosen = (graph: LockedGraph | undefined) => graph && chosen(graph, name) === version;
    if (reason === 'yanked') {
      const locked = [...(request.locked ?? []), { name, version }];
      return isChosen(await solved({ locked })) ? { kind: 'yanked', name, version } : undefined;
    }
    if (reason === 'target') {
      const targets = [...(candidate.targets ?? [])];
      const [target] = targets;
      if (target === undefined || !isChosen(await solved({ target }))) return undefined;
      return { kind: 'target', name, version, targets };
    }
    if (publishedAt === undefined) return undefined;
    if (reason === 'later') {
      // A minimum age counts from that time as well.
      const ageMs = (request.minimumAgeSeconds ?? 0) * 1000;
      const asOf = new Date(Date.parse(publishedAt) + ageMs).toISOString();
      return isChosen(await solved({ asOf })) ? { kind: 'as-of', name, version, asOf } : undefined;
    }
    if (reason !== 'young') return undefined;
    const asOfMs = request.asOf === undefined ? nowMs : Math.min(nowMs, Date.parse(request.asOf));
    const ageMs = asOfMs - Date.parse(publishedAt);
    const minimumAgeSeconds = Math.max(0, Math.floor(ageMs / 1000));
    return isChosen(await solved({ minimumAgeSeconds }))
      ? { kind: 'minimum-age', name, version, minimumAgeSeconds }
      : undefined;
  }

  async function allowSeveral(): Promise<Suggestion | undefined> {
    return (await solved({ mode: 'multi' })) && { kind: 'mode', mode: 'multi' };
  }

  async function dropOverride(name: PackageName): Promise<Suggestion | undefined> {
    const overrides = (request.overrides ?? []).filter((row) => row.name !== name);
    return (await solved({ overrides })) && { kind: 'no-override', name };
  }

  async function override(name: PackageName): Promise<Suggestion | undefined> {
    if (!facts.find(name)) return undefined;
    const others = (request.overrides ?? []).filter((row) => row.name !== name);
    const any = await solved({ overrides: [...others, { name, requirement: '*' as Requirement }] });
    const version = any && chosen(any, name);
    if (!version) return undefined;
    const requirement = parseRequirement(version.replace(/\+.*$/, ''));
    const graph = await solved({ overrides: [...others, { name, requirement }] });
    return graph && { kind: 'override', name, requirement };
  }

  /** The highest of the versions that a statement keeps out. */
  function versionsMeant({ versions: { name, requirement }, reason }: UnavailableClaim) {
    const known = name === undefined ? undefined : facts.find(name);
    if (name === undefined || !known || reason === 'feature') return [];
    const excluded = unavailable(prepare(known), rulesOf(request, nowMs)).get(reason);
    const { versions } = prepare(known);
    const index = versions.findLastIndex(({ version }, place) => {
      const isMeant = requirement === undefined || satisfies(version, requirement);
      return isMeant && excluded !== undefined && hasBit(excluded, 0, place + 1);
    });
    return index < 0 ? [] : [{ name, candidate: versions[index]! }];
  }
}

function chosen(graph: LockedGraph, name: PackageName): Version | undefined {
  return graph.packages.findLast((found) => found.name === name)?.version;
}

function namesOf(claims: readonly DependencyClaim[]): PackageName[] {
  return [...new Set(claims.map(({ dependency: { name } }) => name))];
}
