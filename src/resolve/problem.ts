// A request as variables and incompatibilities: what the search works on, and what an explanation is told from.
import type { PackageName } from '../core/name.ts';
import type { Requirement } from '../core/requirement.ts';
import type { Version } from '../core/version.ts';
import type { Rules } from './availability.ts';
import { addVariable, type Engine, openEngine } from './engine.ts';
import type { Facts } from './facts.ts';
import type { DependencyRow, ResolveRequest, UnavailableReason } from './port.ts';
import { type Link, type Prepared, prepare } from './prepared.ts';

/**
 * What a variable stands for.
 * - `package`: the versions of a package, in `multi` those of one of its series. The root is one.
 * - `feature`: a feature of a package; its values are the package's, and it is selected at the same one.
 * - `choice`, in `multi`: a requirement that more than one series can satisfy; its values are these series.
 */
export type Subject = {
  kind: 'package' | 'feature' | 'choice';
  variable: number;
  name: PackageName;
  prepared: Prepared;
  /** Of a feature: its name, its package, and the package's versions at which the two are tied already. */
  feature: string | undefined;
  base: Subject | undefined;
  linked: Set<number> | undefined;
  /** Of a choice: its requirement and the packages that its values stand for. */
  link: Link | undefined;
  options: Subject[];
  /** Of a package: its features that something asks for. */
  features: readonly Subject[];
  /** Of a feature, by value: the dependencies that it adds to that version. */
  featureLinks: (readonly Link[] | undefined)[];
  /** The value that was chosen first and the subjects that it leads to; the same of others, which most never have. */
  firstValue: number;
  firstTargets: readonly Subject[];
  moreTargets: Map<number, readonly Subject[]> | undefined;
  /** By value: rows of which an incompatibility that came with another version speaks already. */
  covered: Map<number, Set<DependencyRow>> | undefined;
};

/** Why an incompatibility is a fact. */
export type Origin =
  | { kind: 'dependency'; row: DependencyRow; target: Subject }
  | { kind: 'unavailable'; reason: UnavailableReason }
  /** A series that a requirement may choose is the package at the versions that satisfy it. */
  | { kind: 'series'; row: DependencyRow; target: Subject }
  /** A feature is selected at the version of its package. */
  | { kind: 'same' };

export type Problem = {
  engine: Engine;
  request: ResolveRequest;
  rules: Rules;
  facts: Pick<Facts, 'find'>;
  root: Subject;
  /** By variable. */
  subjects: Subject[];
  /** Packages by name, in `multi` by series; choices by what they choose. */
  packages: Map<PackageName | Prepared, Subject>;
  choices: Map<string, Subject>;
  /** By incompatibility: why it is a fact, of most a dependency on a package; undefined for learned ones. */
  origins: (Origin | DependencyRow | undefined)[];
  /** What the dependencies ask for of the version that was looked at last, one for each. */
  asked: Subject[];
  overrides: Map<PackageName, Requirement>;
  prereleases: ReadonlySet<PackageName>;
};

/** Version of a root that states none; nothing else sees it. */
const rootVersion = '0.0.0' as Version;

export function openProblem(
  request: ResolveRequest,
  rules: Rules,
  facts: Problem['facts'],
): Problem {
  const engine = openEngine();
  const { name = '' as PackageName, version } = request.root ?? {};
  const dependencies = request.requirements.map((row) => ({ ...row, optional: false }));
  const candidate = { version: version ?? rootVersion, dependencies };
  const root = newSubject(engine, 'package', name, prepare({ name, versions: [candidate] }));
  return {
    engine,
    request,
    rules,
    facts,
    root,
    subjects: [root],
    packages: new Map(version === undefined ? [] : [[name, root]]),
    choices: new Map(),
    origins: [],
    asked: [],
    overrides: new Map(request.overrides?.map((row) => [row.name, row.requirement])),
    prereleases: new Set(request.prereleases),
  };
}

/** The requirement that a row comes to: its own, or what overrides it. */
export function requirementOf(problem: Problem, row: DependencyRow): Requirement {
  if (problem.overrides.size === 0) return row.requirement;
  return problem.overrides.get(row.name) ?? row.requirement;
}

/** The subjects that a value leads to, undefined where it was never chosen. */
export function targetsOf(subject: Subject, value: number): readonly Subject[] | undefined {
  return subject.firstValue === value ? subject.firstTargets : subject.moreTargets?.get(value);
}

export function setTargets(subject: Subject, value: number, targets: readonly Subject[]) {
  if (subject.firstValue === 0) {
    subject.firstValue = value;
    subject.firstTargets = targets;
  } else {
    subject.moreTargets ??= new Map();
    subject.moreTargets.set(value, targets);
  }
}

/** Stands where most subjects have nothing; never changed. */
export const none: never[] = [];

/** A subject with a variable of its own. */
export function newSubject(
  engine: Engine,
  kind: Subject['kind'],
  name: PackageName,
  prepared: Prepared,
): Subject {
  return {
    kind,
    variable: addVariable(engine, prepared.versions.length),
    name,
    prepared,
    feature: undefined,
    base: undefined,
    linked: undefined,
    link: undefined,
    options: none,
    features: none,
    featureLinks: none,
    firstValue: 0,
    firstTargets: none,
    moreTargets: undefined,
    covered: undefined,
  };
}
