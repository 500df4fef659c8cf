// Incompatibilities as statements about packages and versions.
import type { Requirement } from '../core/requirement.ts';
import type { Refutation } from './core.ts';
import type { Derived } from './derivation.ts';
import type { Claim, Note, Versions } from './port.ts';
import { type Prepared, seriesLabel, seriesOf, valuesOf } from './prepared.ts';
import { type Origin, type Problem, requirementOf, type Subject } from './problem.ts';
import { setText } from './set-text.ts';
import { originOf } from './targets.ts';
import { complementOf, intersectionOf, isEmptySet, versionSet } from './version-set.ts';

export type Matches = Extract<Claim, { kind: 'dependency' }>['matches'];

export type Claims = {
  /** What the dependencies among the facts find. */
  matches(): ReadonlySet<Matches>;
  of(node: Derived): Claim;
  /** What the known versions add where two are resolved into a third. */
  notes(node: Derived): Note[];
};

/** The requirements that facts state of one package, and what they take together. */
type Asked = { values: Int32Array; stated: { requirement: Requirement; values: Int32Array }[] };

/** Statements over the facts of a refutation. */
export function claimsOf(problem: Problem, refutation: Refutation): Claims {
  const asked = askedOf(problem, refutation);
  const { root } = problem;
  const rootHasNamesake = problem.subjects.some((one) => one !== root && one.name === root.name);
  return { matches, of: claimOf, notes: notesOf };

  function matches(): ReadonlySet<Matches> {
    const found = new Set<Matches>();
    for (const fact of refutation.facts.values()) {
      const origin = originOf(problem, fact);
      if (origin.kind !== 'dependency') continue;
      found.add(matchesOf(origin.target, requirementOf(problem, origin.row)));
    }
    return found;
  }

  function claimOf(node: Derived): Claim {
    if ('fact' in node) return factClaim(node, originOfFact(node.fact));
    return derivedClaim(node);
  }

  function originOfFact(fact: number): Origin {
    return originOf(problem, refutation.facts.get(fact)!);
  }

  function subjectOf(variable: number): Subject {
    return problem.subjects[refutation.variables[variable]!]!;
  }

  function factClaim(node: Derived, origin: Origin): Claim {
    const terms = [...node.terms].map(([variable, set]) => [subjectOf(variable), set] as const);
    if (origin.kind === 'same') {
      const feature = terms.find(([subject]) => subject.feature !== undefined)!;
      return { kind: 'same', versions: whoOf(feature[0]) };
    }
    const [subject, set] = terms.find(([, set]) => !isRequired(set))!;
    if (origin.kind === 'unavailable') {
      return { kind: 'unavailable', versions: versionsOf(subject, set), reason: origin.reason };
    }
    const { row, target } = origin;
    const requirement = requirementOf(problem, row);
    const dependency = { ...whoOf(target), name: row.name, requirement };
    if (origin.kind === 'series') {
      const values = valuesOf(target.prepared, requirement, problem.prereleases.has(row.name));
      return {
        kind: 'series',
        choice: choiceOf(subject, set),
        versions: versionsOf(target, values),
      };
    }
    return {
      kind: 'dependency',
      dependent: versionsOf(subject, set),
      dependency,
      matches: matchesOf(target, requirement),
      ...(problem.overrides.has(row.name) ? { overridden: true } : {}),
    };
  }

  function matchesOf(target: Subject, requirement: Requirement): Matches {
    if (target.kind === 'choice') return 'some';
    const { prepared } = target;
    if (prepared.versions.length === 0 && !problem.facts.find(target.name)) return 'unknown';
    const values = valuesOf(prepared, requirement, problem.prereleases.has(target.name));
    return values.some((word) => word !== 0) ? 'some' : 'none';
  }

  function derivedClaim(node: Derived): Claim {
    const selected: Versions[] = [];
    const required: Versions[] = [];
    for (const [variable, set] of node.terms) {
      const subject = subjectOf(variable);
      if (isRequired(set)) required.push(versionsOf(subject, without(subject.prepared, set)));
      // The root is always selected.
      else if (subject !== problem.root) selected.push(versionsOf(subject, set));
    }
    if (selected.length + required.length === 0) return { kind: 'unsolvable' };
    return { kind: 'derived', selected, required };
  }

  function versionsOf(subject: Subject, set: Int32Array): Versions {
    if (subject.kind === 'choice') return choiceOf(subject, set);
    if (subject === problem.root) return whoOf(subject);
    const found = asked.get(subject.variable);
    const which = setText({
      prepared: subject.prepared,
      set,
      asked: found?.values ?? set,
      stated: found?.stated ?? [],
      prereleases: problem.prereleases.has(subject.name),
    });
    return { ...whoOf(subject), ...which };
  }

  /** A choice has series where others have versions. */
  function choiceOf(subject: Subject, set: Int32Array): Versions & { requirement: Requirement } {
    const { row } = subject.link!;
    const labels = subject.options.map(({ prepared }) => seriesLabel(prepared));
    const chosen = labels.filter(
      (_, index) => ((set[(index + 1) >>> 5]! >>> ((index + 1) & 31)) & 1) === 1,
    );
    const requirement = requirementOf(problem, row);
    const who = { ...whoOf(subject), requirement };
    return chosen.length === labels.length ? who : { ...who, series: chosen.join(' || ') };
  }

  function whoOf(subject: Subject): Versions {
    const { name, feature } = subject;
    // A package of the root's name is another one, and its name would stand for both.
    if (subject === root)
      return name === '' || rootHasNamesake ? { root: true } : { name, root: true };
    // All versions together stand for a requirement that no series satisfies.
    const series = problem.request.mode === 'multi' && seriesOf(subject.prepared).length === 1;
    if (subject.kind === 'choice') {
      const { features = [] } = subject.link!.row;
      return { name, choice: true, ...(features.length > 0 ? { features } : {}) };
    }
    return {
      name,
      ...(feature === undefined ? {} : { feature }),
      ...(series ? { series: seriesLabel(subject.prepared) } : {}),
    };
  }

  function notesOf(node: Derived): Note[] {
    if ('fact' in node || node.terms.has(node.pivot)) return [];
    const subject = subjectOf(node.pivot);
    if (subject.kind !== 'package' || subject === problem.root) return [];
    const [a, b] = node.causes.map((cause) => statedOf(cause, node.pivot));
    if (a?.requirement === undefined || b?.requirement === undefined) return [];
    const [left, right] = [a, b].map(({ requirement }) => {
      return versionSet(requirement!, { prereleases: problem.prereleases.has(subject.name) });
    });
    const { name } = subject;
    if (a.required && b.required) {
      if (isEmptySet(intersectionOf(left!, right!))) return [];
      return [{ kind: 'none-in-both', name, requirements: [a.requirement, b.requirement] }];
    }
    const [inner, outer] = a.required ? [left!, right!] : [right!, left!];
    if (isEmptySet(intersectionOf(inner, complementOf(outer)))) return [];
    const [needed, other] = a.required ? [a, b] : [b, a];
    return [{ kind: 'no-other', name, requirements: [other.requirement!, needed.requirement!] }];
  }

  /** How a cause states its term on a variable. */
  function statedOf(cause: Derived, variable: number) {
    const subject = subjectOf(variable);
    const set = cause.terms.get(variable)!;
    const required = isRequired(set);
    const origin = 'fact' in cause ? originOfFact(cause.fact) : undefined;
    if (required && origin && 'row' in origin) {
      return { required, requirement: requirementOf(problem, origin.row) };
    }
    const meant = required ? without(subject.prepared, set) : set;
    return { required, requirement: versionsOf(subject, meant).requirement };
  }
}

/** True where "not selected" satisfies the term: the term then says what is required. */
function isRequired(set: Int32Array): boolean {
  return (set[0]! & 1) === 1;
}

function without(prepared: Prepared, set: Int32Array): Int32Array {
  return wholeOf(prepared).map((word, index) => word & ~set[index]!);
}

function wholeOf(prepared: Prepared): Int32Array {
  const set = new Int32Array(prepared.words);
  for (let value = 1; value <= prepared.versions.length; value += 1) {
    set[value >>> 5]! |= 1 << (value & 31);
  }
  return set;
}

/** By variable of the problem: what the facts ask of it. Features are asked together with their package. */
function askedOf(problem: Problem, refutation: Refutation): Map<number, Asked> {
  const found = new Map<number, Asked>();
  for (const fact of refutation.facts.values()) {
    const origin = originOf(problem, fact);
    if (!('row' in origin) || origin.target.kind === 'choice') continue;
    const base = origin.target.base ?? origin.target;
    const { prepared } = base;
    const requirement = requirementOf(problem, origin.row);
    const values = valuesOf(prepared, requirement, problem.prereleases.has(base.name));
    const asked = found.get(base.variable) ?? {
      values: new Int32Array(prepared.words),
      stated: [],
    };
    asked.values = asked.values.map((word, index) => word | values[index]!);
    asked.stated.push({ requirement, values });
    for (const subject of [base, ...base.features]) found.set(subject.variable, asked);
  }
  return found;
}
