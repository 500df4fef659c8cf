// Checks an explanation by brute force, sentence by sentence: every fact is looked up in the packages, and of every
// conclusion all choices of versions are gone through that its reasons allow. Nothing of the solver is used.
import type { PackageName } from '../../src/core/name.ts';
import type {
  Candidate,
  Claim,
  DependencyRow,
  Explanation,
  ExplanationLine,
  Versions,
} from '../../src/resolve/port.ts';
import { takes } from './brute-force.ts';
import { featureRows, plain, seriesName } from './mode-brute-force.ts';
import type { RandomGraph } from './random-graph.ts';

/**
 * What is chosen, by what there is to choose: a version of a package, of one of its features, or, of a requirement that
 * may choose, a series; or nothing.
 */
type Choice = ReadonlyMap<string, string | undefined>;

/**
 * Says what is wrong with the explanation of an unsolvable request, or nothing. Of lines with more than `choicesMax` choices
 * to go through the facts alone are checked.
 */
export function explanationFault(
  { request, packages }: RandomGraph,
  explanation: Explanation,
  choicesMax = Number.POSITIVE_INFINITY,
) {
  const { lines } = explanation;
  if (lines.at(-1)?.conclusion.kind !== 'unsolvable') return 'the last line does not conclude';
  const asked = requirementsAsked(lines);
  for (const [place, line] of lines.entries()) {
    if (line.line !== place) return `line ${place} has number ${line.line}`;
    const wrong = line.because.find(({ claim, line: from }) => {
      if (from === undefined) return !isFact(claim);
      return from >= place || !isSame(lines[from]!.conclusion, claim);
    });
    if (wrong) return `not so: ${JSON.stringify(wrong)}`;
    const unknown = line.notes.find((note) => !isTrueNote(note));
    if (unknown) return `not so: ${JSON.stringify(unknown)}`;
    const counter = counterExample(line);
    if (counter) return `line ${place} does not follow: ${JSON.stringify([...counter])}`;
  }
  return undefined;

  function isFact(claim: Claim): boolean {
    if (claim.kind === 'dependency') return isDependency(claim);
    if (claim.kind === 'same') return claim.versions.feature !== undefined;
    if (claim.kind === 'series') {
      const { choice, versions } = claim;
      const taken = candidatesOf({ name: choice.name!, series: choice.series! }).filter(
        ({ version }) => takes(choice.requirement, version),
      );
      return taken.length > 0 && taken.every(({ version }) => isMeant(versions, version));
    }
    if (claim.kind !== 'unavailable') return false;
    const { versions, reason } = claim;
    const meant = meantBy(versions);
    const isOut = (candidate: Candidate) =>
      reason === 'feature'
        ? featureRows(candidate, versions.feature!) === undefined
        : candidate.yanked === true && !isLocked(versions.name!, candidate.version);
    return meant.length > 0 && meant.every(isOut);
  }

  function isDependency(claim: Extract<Claim, { kind: 'dependency' }>): boolean {
    const { dependent, dependency, matches, overridden = false } = claim;
    const override = request.overrides?.find(({ name }) => name === dependency.name);
    const states = (rows: readonly DependencyRow[] = []) =>
      rows.some(({ name, requirement, features = [] }) => {
        const { feature } = dependency;
        return (
          name === dependency.name &&
          (override?.requirement ?? requirement) === dependency.requirement &&
          (feature === undefined || features.includes(feature)) &&
          (!dependency.choice || isSame(features, dependency.features ?? []))
        );
      });
    const rowsOf = (candidate: Candidate) =>
      dependent.feature === undefined
        ? plain(candidate)
        : featureRows(candidate, dependent.feature);
    const stated = dependent.root
      ? states(request.requirements)
      : meantBy(dependent).every((candidate) => states(rowsOf(candidate)));
    const found = candidatesOf({ name: dependency.name }).filter(({ version }) =>
      takes(dependency.requirement, version),
    );
    const expected = found.length > 0 ? 'some' : packages.has(dependency.name) ? 'none' : 'unknown';
    const several = new Set(found.map(({ version }) => seriesName(version))).size > 1;
    return (
      stated &&
      matches === expected &&
      overridden === (override !== undefined) &&
      (dependency.choice ?? false) === (request.mode === 'multi' && several)
    );
  }

  function isLocked(name: PackageName, version: string): boolean {
    return request.locked?.some((row) => row.name === name && row.version === version) ?? false;
  }

  function isTrueNote({
    kind,
    name,
    requirements: [left, right],
  }: ExplanationLine['notes'][number]) {
    return candidatesOf({ name }).every(({ version }) => {
      if (kind === 'none-in-both') return !takes(left, version) || !takes(right, version);
      return !takes(right, version) || takes(left, version);
    });
  }

  function meantBy(versions: Versions): Candidate[] {
    return candidatesOf(versions).filter(({ version }) => isMeant(versions, version));
  }

  /** The versions of a package, in `multi` those of the series that is spoken of. */
  function candidatesOf({ name, series }: Pick<Versions, 'name' | 'series'>): readonly Candidate[] {
    const candidates = packages.get(name!)?.versions ?? [];
    if (series === undefined) return candidates;
    return candidates.filter(({ version }) => labelOf(version) === series);
  }

  /** A choice that all reasons of a line allow and its conclusion does not. */
  function counterExample({ because, conclusion }: ExplanationLine): Choice | undefined {
    const claims = because.map(({ claim }) => claim);
    const choosers = new Map(
      [...claims, conclusion].flatMap(versionsIn).map((versions) => [keyOf(versions), versions]),
    );
    return choicesOf(choosers).find(
      (choice) => claims.every((claim) => allows(claim, choice)) && !allows(conclusion, choice),
    );
  }

  /** Every choice of versions that some requirement told of takes: others are never chosen. */
  function choicesOf(choosers: ReadonlyMap<string, Versions>): Choice[] {
    let choices: Choice[] = [new Map()];
    for (const [key, versions] of choosers) {
      const values = valuesOf(versions);
      if (choices.length * (values.length + 1) > choicesMax) return [];
      choices = choices.flatMap((choice) =>
        [undefined, ...values].map((value) => new Map([...choice, [key, value]])),
      );
    }
    return choices;
  }

  function valuesOf(versions: Versions): string[] {
    const { name, choice, requirement } = versions;
    const candidates = candidatesOf(choice ? { name: name! } : versions);
    const wanted = choice ? [requirement!] : (asked.get(name!) ?? []);
    const taken = candidates
      .map(({ version }) => version)
      .filter((version) => wanted.some((requirement) => takes(requirement, version)));
    return choice ? [...new Set(taken.map(labelOf))] : taken;
  }
}

function requirementsAsked(lines: readonly ExplanationLine[]): Map<PackageName, string[]> {
  const asked = new Map<PackageName, string[]>();
  for (const { claim } of lines.flatMap(({ because }) => because)) {
    if (claim.kind === 'dependency') note(claim.dependency);
    if (claim.kind === 'series') note(claim.choice);
  }
  return asked;

  function note({ name, requirement }: Versions) {
    asked.set(name!, [...(asked.get(name!) ?? []), requirement!]);
  }
}

function allows(claim: Claim, choice: Choice): boolean {
  switch (claim.kind) {
    case 'dependency':
      return !isChosen(claim.dependent) || isChosen(claim.dependency);
    case 'series':
      return !isChosen(claim.choice) || isChosen(claim.versions);
    case 'same': {
      const selected = choice.get(keyOf(claim.versions));
      return selected === undefined || choice.get(keyOf(baseOf(claim.versions))) === selected;
    }
    case 'unavailable':
      return !isChosen(claim.versions);
    case 'derived':
      return !claim.selected.every(isChosen) || claim.required.some(isChosen);
    case 'unsolvable':
      return false;
  }

  function isChosen(versions: Versions): boolean {
    if (versions.root) return true;
    const value = choice.get(keyOf(versions));
    if (value === undefined) return false;
    if (!versions.choice) return isMeant(versions, value);
    return versions.series === undefined || versions.series.split(' || ').includes(value);
  }
}

function isMeant({ requirement }: Versions, version: string): boolean {
  return requirement === undefined || takes(requirement, version);
}

function versionsIn(claim: Claim): Versions[] {
  switch (claim.kind) {
    case 'dependency':
      return [claim.dependent, claim.dependency].filter(({ root }) => !root);
    case 'series':
      return [claim.choice, claim.versions];
    case 'same':
      return [claim.versions, baseOf(claim.versions)];
    case 'unavailable':
      return [claim.versions];
    case 'derived':
      return [...claim.selected, ...claim.required];
    case 'unsolvable':
      return [];
  }
}

function baseOf({ feature: _, requirement: __, ...base }: Versions): Versions {
  return base;
}

function keyOf({ name, series, feature, choice, requirement, features }: Versions): string {
  return JSON.stringify(
    choice ? { name, requirement, features: features?.toSorted() } : { name, series, feature },
  );
}

function labelOf(version: string): string {
  const series = seriesName(version);
  return series.split('.').length === 3 ? series : `${series}.x`;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
