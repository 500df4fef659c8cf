// Explanations as text. Everything that differs between languages is in the phrases of one language (`english.ts`,
// `french.ts`); which statements stand in one sentence, and when two are drawn together, is decided here.
import { english } from './english.ts';
import { french } from './french.ts';
import type { Claim, Explanation, ExplanationLine, Note, Suggestion, Versions } from './port.ts';

export type Language = 'en' | 'fr';

type DependencyClaim = Extract<Claim, { kind: 'dependency' }>;
type UnavailableClaim = Extract<Claim, { kind: 'unavailable' }>;

/** The words of one language. Names, versions and requirements are the same in all. */
export type Phrases = {
  every(name: string): string;
  some(count: number, name: string): string;
  /** `dependent` is empty for a root without a name. */
  dependsOn(dependent: string, what: string): string;
  dependsOnBoth(dependent: string, left: string, right: string): string;
  whichDependsOn(what: string): string;
  noneSatisfies: string;
  unknown: string;
  overridden: string;
  unavailable(versions: string, reason: UnavailableClaim['reason']): string;
  whichUnavailable(reason: UnavailableClaim['reason']): string;
  series(choice: string, series: string, versions: string): string;
  same(feature: string, name: string): string;
  forbidden(versions: string): string;
  noneCanBeUsed(name: string): string;
  incompatible(left: string, right: string): string;
  exclusive(versions: string[]): string;
  requires(selected: string[], required: string[]): string;
  required(required: string[]): string;
  noneInBoth(note: Note): string;
  noOther(note: Note): string;
  /** A sentence from its reasons (none: they were just said) and its conclusion (undefined: there is no solution). */
  sentence(form: { first: boolean; reasons: string[] }, conclusion: string | undefined): string;
  elided(count: number): string;
  suggestionsTitle: string;
  suggestion(suggestion: Suggestion): string;
};

const phrasesOf: Record<Language, Phrases> = { en: english, fr: french };

/** The explanation as text of several lines, without a line end at its end; suggestions that were tried follow. */
export function explanationText(explanation: Explanation, language: Language): string {
  const phrases = phrasesOf[language];
  const { lines, elided, suggestions } = explanation;
  const labelled = lines.some(({ label }) => label !== undefined);
  const labels = new Map(lines.map(({ line, label }) => [line, label]));
  const text: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.apart) text.push('');
    if (elided > 0 && index === Math.floor(lines.length / 2)) text.push(phrases.elided(elided));
    const margin = labelled ? (line.label === undefined ? '' : `(${line.label})`).padEnd(4) : '';
    text.push(`${margin}${lineText(line, labels, phrases)}`);
  }
  if (suggestions.length > 0) {
    text.push('', phrases.suggestionsTitle);
    text.push(...suggestions.map((suggestion) => `- ${phrases.suggestion(suggestion)}`));
  }
  return text.join('\n');
}

/** One change that helps, as a sentence without a full stop. */
export function suggestionText(suggestion: Suggestion, language: Language): string {
  return phrasesOf[language].suggestion(suggestion);
}

/** One statement, as a sentence without a full stop. */
export function claimText(claim: Claim, language: Language): string {
  return claimWords(claim, phrasesOf[language]);
}

function lineText(
  line: ExplanationLine,
  labels: ReadonlyMap<number, number | undefined>,
  phrases: Phrases,
): string {
  const spoken = line.because.filter(({ implied }) => !implied);
  const facts = spoken.filter(({ line }) => line === undefined).map(({ claim }) => claim);
  const reasons = factWords(facts, phrases);
  for (const { claim, line: from } of spoken) {
    if (from === undefined) continue;
    const label = labels.get(from);
    reasons.push(`${claimWords(claim, phrases)}${label === undefined ? '' : ` (${label})`}`);
  }
  for (const note of line.notes) {
    reasons.push(note.kind === 'no-other' ? phrases.noOther(note) : phrases.noneInBoth(note));
  }
  const first = spoken.length === line.because.length;
  const { conclusion } = line;
  const said = conclusion.kind === 'unsolvable' ? undefined : claimWords(conclusion, phrases);
  return phrases.sentence({ first, reasons }, said);
}

/** Facts in words, two drawn together where one continues or repeats the other. */
function factWords(facts: Claim[], phrases: Phrases): string[] {
  const [first, second, ...rest] = facts;
  if (first && second) {
    const joined = joinedWords(first, second, phrases) ?? joinedWords(second, first, phrases);
    if (joined !== undefined) return [joined, ...factWords(rest, phrases)];
  }
  return facts.map((claim) => claimWords(claim, phrases));
}

function joinedWords(first: Claim, second: Claim, phrases: Phrases): string | undefined {
  if (first.kind !== 'dependency' || first.matches !== 'some') return undefined;
  const { dependency } = first;
  if (second.kind === 'unavailable') {
    if (!speaksOf(second.versions, dependency)) return undefined;
    const what = `${versionsWords(dependency, phrases)} ${phrases.whichUnavailable(second.reason)}`;
    return dependsWords(first, what, phrases);
  }
  if (second.kind !== 'dependency') return undefined;
  if (speaksOf(second.dependent, dependency)) {
    const what = `${dependencyWords(first, phrases)} ${phrases.whichDependsOn(dependencyWords(second, phrases))}`;
    return dependsWords(first, what, phrases);
  }
  if (isSame(first.dependent, second.dependent)) {
    const dependent = everyWords(first.dependent, phrases);
    const both = [dependencyWords(first, phrases), dependencyWords(second, phrases)].sort();
    return phrases.dependsOnBoth(dependent, both[0]!, both[1]!);
  }
  return undefined;
}

/** True where both surely speak of the same versions: a number does not say which. */
function isSame(a: Versions, b: Versions): boolean {
  return a.count === undefined && JSON.stringify(a) === JSON.stringify(b);
}

/** True where what is said of `versions` is said of all that the dependency may mean. */
function speaksOf(versions: Versions, dependency: Versions): boolean {
  return (
    versions.name === dependency.name &&
    versions.feature === dependency.feature &&
    versions.series === dependency.series &&
    versions.count === undefined &&
    (versions.requirement === undefined || versions.requirement === dependency.requirement)
  );
}

function claimWords(claim: Claim, phrases: Phrases): string {
  switch (claim.kind) {
    case 'dependency':
      return dependsWords(claim, dependencyWords(claim, phrases), phrases);
    case 'unavailable':
      return phrases.unavailable(everyWords(claim.versions, phrases), claim.reason);
    case 'series': {
      const { name, requirement, series = '' } = claim.choice;
      return phrases.series(
        `${name} ${requirement}`,
        series,
        versionsWords(claim.versions, phrases),
      );
    }
    case 'same':
      return phrases.same(nameWords(claim.versions), claim.versions.name ?? '');
    case 'derived':
      return derivedWords(claim, phrases);
    case 'unsolvable':
      return phrases.sentence({ first: true, reasons: [] }, undefined);
  }
}

function derivedWords(
  { selected, required }: Extract<Claim, { kind: 'derived' }>,
  phrases: Phrases,
) {
  const words = (versions: Versions) => versionsWords(versions, phrases);
  const needed = required.map(words);
  const [first, second, ...more] = selected;
  if (!first) return phrases.required(needed);
  if (needed.length > 0) {
    const subjects = selected.length === 1 ? [everyWords(first, phrases)] : selected.map(words);
    return phrases.requires(subjects, needed);
  }
  if (!second) {
    return isEvery(first)
      ? phrases.noneCanBeUsed(nameWords(first))
      : phrases.forbidden(words(first));
  }
  if (more.length > 0) return phrases.exclusive(selected.map(words));
  return phrases.incompatible(words(first), words(second));
}

function dependsWords({ dependent }: DependencyClaim, what: string, phrases: Phrases): string {
  return phrases.dependsOn(everyWords(dependent, phrases), what);
}

function dependencyWords({ dependency, matches, overridden }: DependencyClaim, phrases: Phrases) {
  const words = [versionsWords(dependency, phrases)];
  if (overridden) words.push(phrases.overridden);
  if (matches === 'none') words.push(phrases.noneSatisfies);
  if (matches === 'unknown') words.push(phrases.unknown);
  return words.join(' ');
}

/** As the subject of a sentence: where no versions are named it speaks of every one. */
function everyWords(versions: Versions, phrases: Phrases): string {
  return isEvery(versions) ? phrases.every(nameWords(versions)) : versionsWords(versions, phrases);
}

function isEvery({ root, requirement, count, series }: Versions): boolean {
  return !root && requirement === undefined && count === undefined && series === undefined;
}

function versionsWords(versions: Versions, phrases: Phrases): string {
  const { requirement, count, series } = versions;
  const name = nameWords(versions);
  if (count !== undefined) return phrases.some(count, name);
  const which = requirement === undefined ? series : requirement || '*';
  return which === undefined ? name : `${name} ${which}`;
}

function nameWords({ name, feature }: Versions): string {
  return feature === undefined ? (name ?? '') : `${name}[${feature}]`;
}
