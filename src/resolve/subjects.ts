// What the variables of a search stand for. Packages come in as they are reached.
import type { PackageName } from '../core/name.ts';
import { unavailable } from './availability.ts';
import { addBit } from './bits.ts';
import { allocate, beginIncompatibility, pushTerm } from './engine.ts';
import { featureRows } from './features.ts';
import type { DependencyRow, UnavailableReason } from './port.ts';
import { type Prepared, prepare } from './prepared.ts';
import { newSubject, type Problem, requirementOf, type Subject } from './problem.ts';
import { ruleOut } from './trail.ts';

/** The subject of a series of a package, in `multi`; of all its versions where no series will do. */
export function seriesSubject(problem: Problem, series: Prepared): Subject {
  return problem.packages.get(series) ?? addPackage(problem, series.name, series, series);
}

/** A new subject for a package, which `packages` has under this key. */
export function addPackage(
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

/** The subject of a feature of a package. */
export function featureOf(problem: Problem, base: Subject, feature: string): Subject {
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

/** The subject of a requirement that these series can satisfy. */
export function choiceOf(problem: Problem, row: DependencyRow, series: Prepared[]): Subject {
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
