import * as assert from 'uvu/assert';
import type { PackageName } from '../../src/core/name.ts';
import type { Requirement } from '../../src/core/requirement.ts';
import type { ResolveRequest, Suggestion } from '../../src/resolve/port.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import { type Language, suggestionText } from '../../src/resolve/sentences.ts';
import { suite } from '../support/suite.ts';
import { randomGraph } from './random-graph.ts';
import { providerOf, type Rows, registry, request, solve } from './registry.ts';

const test = suite('suggestions');

const nowMs = Date.parse('2026-03-01T00:00:00.000Z');

type Case = {
  what: string;
  packages: Record<string, Record<string, unknown>>;
  requires: Rows;
  more?: Partial<ResolveRequest>;
  /** One of what is suggested, in English and French. */
  en: string;
  fr: string;
};

const cases: Case[] = [
  {
    what: 'Another requirement',
    packages: { a: { '1.0.0': {}, '2.3.0': {} } },
    requires: { a: '^3' },
    en: 'require a ^2.3.0 instead of ^3',
    fr: 'demander a ^2.3.0 au lieu de ^3',
  },
  {
    what: 'A prerelease',
    packages: { a: { '1.0.0': {}, '2.0.0-rc.1': {} } },
    requires: { a: '^2' },
    en: 'allow prereleases of a: 2.0.0-rc.1 would be chosen',
    fr: 'admettre les préversions de a : 2.0.0-rc.1 serait choisi',
  },
  {
    what: 'A prerelease of what a dependency needs',
    packages: { a: { '1.0.0': { b: '^2' } }, b: { '2.0.0-beta.3': {} } },
    requires: { a: '*' },
    en: 'allow prereleases of b: 2.0.0-beta.3 would be chosen',
    fr: 'admettre les préversions de b : 2.0.0-beta.3 serait choisi',
  },
  {
    what: 'A yanked version',
    packages: { a: { '1.0.0': { $: { yanked: true } }, '1.2.3': { $: { yanked: true } } } },
    requires: { a: '^1' },
    en: 'a 1.2.3 is yanked, and would do where a lockfile holds it',
    fr: 'a 1.2.3 est retiré, et conviendrait si un fichier de verrouillage le contenait',
  },
  {
    what: 'A version that was published later',
    packages: { a: { '1.0.0': { $: { publishedAt: '2026-02-01T00:00:00.000Z' } } } },
    requires: { a: '*' },
    more: { asOf: '2026-01-01T00:00:00.000Z' },
    en: 'a 1.0.0 was published later: ask for the time 2026-02-01T00:00:00.000Z',
    fr: 'a 1.0.0 a été publié plus tard : demander la date 2026-02-01T00:00:00.000Z',
  },
  {
    what: 'A version that is too young',
    packages: { a: { '1.0.0': { $: { publishedAt: '2026-02-28T23:00:00.000Z' } } } },
    requires: { a: '*' },
    more: { minimumAgeSeconds: 86_400 },
    en: 'a 1.0.0 is younger than the minimum age: allow 3600 seconds',
    fr: 'a 1.0.0 est plus récent que l’âge minimal : admettre 3600 secondes',
  },
  {
    what: 'Another target',
    packages: { a: { '1.0.0': { $: { sources: false, targets: ['arm64', 'x86_64'] } } } },
    requires: { a: '*' },
    more: { target: 'wasm' },
    en: 'a 1.0.0 has binaries for arm64 and x86_64 alone: ask for another target',
    fr: 'a 1.0.0 n’a de binaires que pour arm64 et x86_64 : demander une autre cible',
  },
  {
    what: 'A request without a feature',
    packages: { a: { '1.0.0': {} } },
    requires: { a: { requirement: '*', features: ['tls', 'http2'] } },
    en: 'ask for a without tls and http2',
    fr: 'demander a sans tls et http2',
  },
  {
    what: 'A request without what cannot be had',
    packages: { b: { '1.0.0': {} } },
    requires: { a: '*', b: '*' },
    en: 'do not require a',
    fr: 'ne pas demander a',
  },
  {
    what: 'Several versions of one name',
    packages: {
      a: { '1.0.0': { c: '^1' } },
      b: { '1.0.0': { c: '^2' } },
      c: { '1.0.0': {}, '2.0.0': {} },
    },
    requires: { a: '*', b: '*' },
    en: 'allow several versions of one name (multi)',
    fr: 'admettre plusieurs versions d’un même nom (multi)',
  },
  {
    what: 'An override',
    packages: {
      a: { '1.0.0': { c: '^1' } },
      b: { '1.0.0': { c: '^2' } },
      c: { '1.0.0': {}, '2.0.0': {} },
    },
    requires: { a: '*', b: '*' },
    en: 'override c with 2.0.0, against what its dependents state',
    fr: 'imposer c 2.0.0, contre l’avis de ceux qui en dépendent',
  },
  {
    what: 'No override, where it is what stands in the way,',
    packages: { a: { '1.0.0': {} } },
    requires: { a: '^1' },
    more: { overrides: [{ name: 'a' as PackageName, requirement: '^3' as Requirement }] },
    en: 'do not override a',
    fr: 'ne pas imposer de version de a',
  },
];

for (const { what, packages, requires, more = {}, en, fr } of cases) {
  test(`${what} is suggested where it helps`, async () => {
    const result = await solve(packages, requires, more, { nowMs });
    const suggestions = result.status === 'unsolvable' ? result.explanation.suggestions : [];
    const told = (language: Language) => suggestions.map((one) => suggestionText(one, language));
    assert.ok(told('en').includes(en), told('en').join('; '));
    assert.ok(told('fr').includes(fr), told('fr').join('; '));
  });
}

test('Nothing is suggested where nothing helps, or where it is not asked for', async () => {
  const missing = await solve({}, { a: '*' });
  assert.equal(missing.status === 'unsolvable' && missing.explanation.suggestions, []);
  const packages = { a: { '1.0.0': {} } };
  const quiet = await solve(packages, { a: '^2' }, {}, { suggestions: false });
  assert.equal(quiet.status === 'unsolvable' && quiet.explanation.suggestions, []);
});

test('A provider that fails while changes are tried does not take the explanation away', async () => {
  const packages = registry({
    a: { '1.0.0': { b: '^2' }, '2.0.0': { c: '*' } },
    b: { '1.0.0': {} },
  });
  let calls = 0;
  const provider = {
    packages: async (names: readonly PackageName[]) => {
      calls += 1;
      if (names.includes('c' as PackageName)) throw new Error('away');
      return names.map((name) => packages.get(name));
    },
  };
  const result = await resolve(request({ a: '^1' }), provider);
  assert.equal(result.status === 'unsolvable' && result.explanation.suggestions, []);
  assert.is(calls, 3);
});

test('With what is suggested, the request can be resolved: on random graphs', async () => {
  let tried = 0;
  for (let seed = 1; tried < 150; seed += 1) {
    const { request: asked, packages } = randomGraph(seed);
    const provider = providerOf(packages);
    const result = await resolve(asked, provider);
    if (result.status === 'resolved') continue;
    for (const suggestion of result.explanation.suggestions) {
      const { status } = await resolve(changed(asked, suggestion), provider);
      assert.is(status, 'resolved', `seed ${seed}: ${suggestionText(suggestion, 'en')}`);
      tried += 1;
    }
  }
});

/** The request with a suggested change made, as a reader of the suggestion would make it. */
function changed(asked: ResolveRequest, suggestion: Suggestion): ResolveRequest {
  const { name } = suggestion as { name: PackageName };
  const others = asked.requirements.filter((row) => row.name !== name);
  switch (suggestion.kind) {
    case 'requirement':
      return { ...asked, requirements: [...others, { name, requirement: suggestion.to }] };
    case 'remove':
      return { ...asked, requirements: others };
    case 'prereleases':
      return { ...asked, prereleases: [...(asked.prereleases ?? []), name] };
    case 'yanked': {
      const { version } = suggestion;
      return { ...asked, locked: [...(asked.locked ?? []), { name, version }] };
    }
    case 'override': {
      const kept = (asked.overrides ?? []).filter((row) => row.name !== name);
      const requirement: Requirement = suggestion.requirement;
      return { ...asked, overrides: [...kept, { name, requirement }] };
    }
    case 'mode':
      return { ...asked, mode: 'multi' };
    default:
      throw new Error(`random graphs have no ${suggestion.kind}`);
  }
}

test.run();
