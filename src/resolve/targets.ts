// What dependencies mean in a search.
import { allocate } from './engine.ts';
import type { DependencyRow } from './port.ts';
import { type Link, type Prepared, prepare, seriesOf, type Taken, takenBy } from './prepared.ts';
import { none, type Origin, type Problem, requirementOf, type Subject } from './problem.ts';
import { addPackage, choiceOf, featureOf, seriesSubject } from './subjects.ts';

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

/** Why an incompatibility is a fact. */
export function originOf(problem: Problem, fact: number): Origin {
  const found = problem.origins[fact]!;
  return 'kind' in found
    ? found
    : { kind: 'dependency', row: found, target: lookUp(problem, found)! };
}
