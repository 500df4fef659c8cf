// What the variables of a search stand for. Packages come in as they are reached.
import type { PackageName } from '../core/name.ts';
import type { Requirement } from '../core/requirement.ts';
import type { Version } from '../core/version.ts';
import { type Rules, unavailable } from './availability.ts';
import { addBit } from './bits.ts';
import {
  addVariable,
  allocate,
  beginIncompatibility,
  type Engine,
  openEngine,
  pushTerm,
} from './engine.ts';
import type { Facts } from './facts.ts';
import { featureRows } from './features.ts';
import type { DependencyRow, ResolveRequest, UnavailableReason } from './port.ts';
import { type Link, type Prepared, prepare, seriesOf, type Taken, takenBy } from './prepared.ts';
import { ruleOut } from './trail.ts';

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

/** Why an incompatibility is a fact. */
export function originOf(problem: Problem, fact: number): Origin {
  const found = problem.origins[fact]!;
  return 'kind' in found
    ? found
    : { kind: 'dependency', row: found, target: lookUp(problem, found)! };
}

/** The requirement that a row comes to: its own, or what overrides it. */
export function requirementOf(problem: Problem, row: DependencyRow): Requirement {
  if (problem.overrides.size === 0) return row.requirement;
  return problem.overrides.get(row.name) ?? row.requirement;
}

/**
 * The package that a dependency asks for, or the choice between its series; undefined where the facts of the package are
 * not there yet.
 */
export function targetOf(problem: Problem, link: Link): Subject | undefined {
  const { target } = link;
  // In `multi` the same link may mean a package in one search and a choice in another.
  if (problem.request.mode === 'multi') return lookUp(problem, link.row);
  if (target !== undefined && target.serial === problem.engine.serial) {
    return problem.subjects[target.variable];
  }
  const found = lookUp(problem, link.row);
  if (found && found.prepared !== target) {
    link.target = found.prepared;
    link.taken = undefined;
  }
  return found;
}

function lookUp(problem: Problem, row: DependencyRow): Subject | undefined {
  const found = problem.packages.get(row.name);
  if (found) return found;
  const facts = problem.facts.find(row.name);
  if (facts === undefined) return undefined;
  if (problem.request.mode !== 'multi' || !facts) {
    const prepared = prepare(facts ?? { name: row.name, versions: [] });
    return addPackage(problem, row.name, prepared, row.name);
  }
  const options = seriesOf(prepare(facts)).filter((series) => {
    return taking(problem, series, row).values.some((word) => word !== 0);
  });
  if (options.length > 1) return choiceOf(problem, row, options);
  // Where no series satisfies, any of them says so.
  return seriesSubject(problem, options[0] ?? prepare(facts));
}

/** The features of a package that a row asks for. */
export function featuresOf(problem: Problem, base: Subject, row: DependencyRow): Subject[] {
  if (!row.features || base.prepared.versions.length === 0) return none;
  return row.features.map((feature) => featureOf(problem, base, feature));
}

/** Offset of the set of values with which a subject does not satisfy a dependency. */
export function refusal(problem: Problem, subject: Subject, link: Link): number {
  const taken = takenOf(problem, subject, link);
  const { engine } = problem;
  if (taken.serial === engine.serial) return taken.refusal;
  const words = engine.words[subject.variable]!;
  const set = allocate(engine, words);
  const whole = engine.whole[subject.variable]!;
  for (let word = 0; word < words; word += 1) {
    engine.pool[set + word] = engine.pool[whole + word]! & ~taken.values[word]!;
  }
  taken.serial = engine.serial;
  taken.refusal = set;
  return set;
}

function takenOf(problem: Problem, { prepared }: Subject, link: Link): Taken {
  const own = problem.overrides.size === 0 && problem.prereleases.size === 0;
  if (!own || link.target !== prepared) return taking(problem, prepared, link.row);
  link.taken ??= taking(problem, prepared, link.row);
  return link.taken;
}

function taking(problem: Problem, prepared: Prepared, row: DependencyRow): Taken {
  return takenBy(prepared, requirementOf(problem, row), problem.prereleases.has(row.name));
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

function seriesSubject(problem: Problem, series: Prepared): Subject {
  return problem.packages.get(series) ?? addPackage(problem, series.name, series, series);
}

function addPackage(
  problem: Problem,
  name: PackageName,
  prepared: Prepared,
  key: PackageName | Prepared,
): Subject {
  const subject = newSubject(problem.engine, 'package', name, prepared);
  prepared.serial = problem.engine.serial;
  prepared.variable = subject.variable;
  problem.subjects.push(subject);
  problem.packages.set(key, subject);
  for (const [reason, set] of unavailable(prepared, problem.rules)) {
    excludeValues(problem, subject, set, reason);
  }
  return subject;
}

function featureOf(problem: Problem, base: Subject, feature: string): Subject {
  const found = base.features.find((subject) => subject.feature === feature);
  if (found) return found;
  const { prepared } = base;
  const subject = newSubject(problem.engine, 'feature', base.name, prepared);
  subject.feature = feature;
  subject.base = base;
  subject.linked = new Set();
  subject.featureLinks = [];
  base.features = [...base.features, subject];
  problem.subjects.push(subject);
  const lacking = new Int32Array(prepared.words);
  for (const [index, candidate] of prepared.versions.entries()) {
    if (!featureRows(candidate, feature)) addBit(lacking, 0, index + 1);
  }
  if (lacking.some((word) => word !== 0)) excludeValues(problem, subject, lacking, 'feature');
  return subject;
}

function choiceOf(problem: Problem, row: DependencyRow, series: Prepared[]): Subject {
  const key = JSON.stringify([row.name, requirementOf(problem, row), row.features?.toSorted()]);
  const found = problem.choices.get(key);
  if (found) return found;
  const options = series.map((prepared) => seriesSubject(problem, prepared));
  const versions = series.map((prepared) => prepared.versions.at(-1)!);
  const prepared = prepare({ name: row.name, versions });
  const subject = newSubject(problem.engine, 'choice', row.name, prepared);
  subject.link = { row, target: undefined, taken: undefined };
  subject.options = options;
  problem.subjects.push(subject);
  problem.choices.set(key, subject);
  return subject;
}

/** Stands where most subjects have nothing; never changed. */
const none: never[] = [];

function newSubject(
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

function excludeValues(
  problem: Problem,
  subject: Subject,
  values: Int32Array,
  reason: UnavailableReason,
) {
  const { engine } = problem;
  const set = allocate(engine, values.length);
  engine.pool.set(values, set);
  const id = beginIncompatibility(engine, -1);
  pushTerm(engine, subject.variable, set);
  problem.origins[id] = { kind: 'unavailable', reason };
  ruleOut(engine, id);
}
