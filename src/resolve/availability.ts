// Which versions a request rules out by themselves, whatever depends on them.
import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import { addBit } from './bits.ts';
import type { Candidate, ResolveRequest, UnavailableReason } from './port.ts';
import type { Prepared } from './prepared.ts';

/** What the rules of one request are, read once. Times in milliseconds since 1970. */
export type Rules = {
  asOfMs: number;
  /** Published later than this is too young. */
  oldEnoughMs: number;
  target: string | undefined;
  locked: ReadonlyMap<PackageName, ReadonlySet<Version>>;
};

/** The rules of a request; `nowMs` is what its minimum age counts from where it states no time. */
export function rulesOf(request: ResolveRequest, nowMs: number): Rules {
  const asOfMs = request.asOf === undefined ? Number.POSITIVE_INFINITY : Date.parse(request.asOf);
  const ageMs = (request.minimumAgeSeconds ?? 0) * 1000;
  return {
    asOfMs,
    oldEnoughMs: ageMs > 0 ? Math.min(asOfMs, nowMs) - ageMs : Number.POSITIVE_INFINITY,
    target: request.target,
    locked: lockedVersions(request),
  };
}

function lockedVersions({ locked = [] }: ResolveRequest): Map<PackageName, Set<Version>> {
  const versions = new Map<PackageName, Set<Version>>();
  for (const { name, version } of locked) {
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  return versions;
}

/** The versions that may not be chosen, by reason, as sets of values. */
export function unavailable(prepared: Prepared, rules: Rules): Map<UnavailableReason, Int32Array> {
  const sets = new Map<UnavailableReason, Int32Array>();
  const timed = Number.isFinite(rules.asOfMs) || Number.isFinite(rules.oldEnoughMs);
  if (!prepared.guarded && !timed) return sets;
  const lockedOnes = rules.locked.get(prepared.name);
  for (const [index, candidate] of prepared.versions.entries()) {
    const locked = lockedOnes?.has(candidate.version) ?? false;
    for (const reason of reasons(candidate, rules, locked)) {
      const set = sets.get(reason) ?? new Int32Array(prepared.words);
      addBit(set, 0, index + 1);
      sets.set(reason, set);
    }
  }
  return sets;
}

function reasons(candidate: Candidate, rules: Rules, locked: boolean): UnavailableReason[] {
  const found: UnavailableReason[] = [];
  if (candidate.yanked && !locked) found.push('yanked');
  const published = candidate.publishedAt === undefined ? 0 : Date.parse(candidate.publishedAt);
  if (published > rules.asOfMs) found.push('later');
  else if (published > rules.oldEnoughMs && !locked) found.push('young');
  const { target } = rules;
  if (target !== undefined && candidate.sources === false && !candidate.targets?.includes(target)) {
    found.push('target');
  }
  return found;
}
