import * as assert from 'uvu/assert';
import type { PackageName } from '../../src/core/name.ts';
import type { Explanation, ResolveRequest } from '../../src/resolve/port.ts';
import { explanationText, type Language } from '../../src/resolve/sentences.ts';
import { suite } from '../support/suite.ts';
import { explanationFault } from './check-explanation.ts';
import { type Rows, registry, request, solve } from './registry.ts';

const test = suite('explanations');

type Case = {
  what: string;
  packages: Record<string, Record<string, unknown>>;
  requires: Rows;
  more?: Partial<ResolveRequest>;
  en: string[];
  fr?: string[];
};

const branching = {
  foo: { '1.0.0': { a: '^1.0.0', b: '^1.0.0' }, '1.1.0': { x: '^1.0.0', y: '^1.0.0' } },
  a: { '1.0.0': { b: '^2.0.0' } },
  b: { '1.0.0': {}, '2.0.0': {} },
  x: { '1.0.0': { y: '^2.0.0' } },
  y: { '1.0.0': {}, '2.0.0': {} },
};

const cases: Case[] = [
  {
    what: 'Two steps of a chain are one sentence',
    packages: {
      foo: { '1.0.0': { bar: '^2.0.0' } },
      bar: { '2.0.0': { baz: '^3.0.0' } },
      baz: { '1.0.0': {}, '3.0.0': {} },
    },
    requires: { foo: '^1.0.0', baz: '^1.0.0' },
    en: [
      'Because every version of foo depends on bar ^2.0.0 which depends on baz ^3.0.0, every version of foo requires baz ^3.0.0.',
      'So, because app depends on both baz ^1.0.0 and foo ^1.0.0, there is no solution.',
    ],
    fr: [
      'Puisque chaque version de foo dépend de bar ^2.0.0 qui dépend de baz ^3.0.0, chaque version de foo exige baz ^3.0.0.',
      'Donc, puisque app dépend à la fois de baz ^1.0.0 et de foo ^1.0.0, il n’y a pas de solution.',
    ],
  },
  {
    what: 'A line that is needed again has a number',
    packages: branching,
    requires: { foo: '^1.0.0' },
    en: [
      '    Because foo 1.0.0 depends on a ^1.0.0 which depends on b ^2.0.0, foo 1.0.0 requires b ^2.0.0.',
      '(1) And because foo 1.0.0 depends on b ^1.0.0 and app depends on foo ^1.0.0, foo 1.1.0 is required.',
      '',
      '    Because foo 1.1.0 depends on x ^1.0.0 which depends on y ^2.0.0, foo 1.1.0 requires y ^2.0.0.',
      '    And because foo 1.1.0 depends on y ^1.0.0, foo 1.1.0 cannot be used.',
      '    So, because foo 1.1.0 is required (1), there is no solution.',
    ],
    fr: [
      '    Puisque foo 1.0.0 dépend de a ^1.0.0 qui dépend de b ^2.0.0, foo 1.0.0 exige b ^2.0.0.',
      '(1) Et puisque foo 1.0.0 dépend de b ^1.0.0 et que app dépend de foo ^1.0.0, foo 1.1.0 est exigé.',
      '',
      '    Puisque foo 1.1.0 dépend de x ^1.0.0 qui dépend de y ^2.0.0, foo 1.1.0 exige y ^2.0.0.',
      '    Et puisque foo 1.1.0 dépend de y ^1.0.0, foo 1.1.0 est exclu.',
      '    Donc, puisque foo 1.1.0 est exigé (1), il n’y a pas de solution.',
    ],
  },
  {
    what: 'One fact alone may say it all',
    packages: { foo: { '2.0.0': {}, '2.1.3': {} } },
    requires: { foo: '>=1.0.0 <2.0.0' },
    en: [
      'Because app depends on foo >=1.0.0 <2.0.0 which no version satisfies, there is no solution.',
    ],
    fr: [
      'Puisque app dépend de foo >=1.0.0 <2.0.0 qu’aucune version ne satisfait, il n’y a pas de solution.',
    ],
  },
  {
    what: 'Who has no name is spoken to',
    packages: {},
    requires: { foo: '*' },
    more: { root: undefined as never },
    en: ['Because you require foo * which does not exist, there is no solution.'],
    fr: ['Puisque vous demandez foo * qui n’existe pas, il n’y a pas de solution.'],
  },
  {
    what: 'Who has no name may ask for two things that exclude each other',
    packages: { foo: { '1.0.0': {}, '2.0.0': {} } },
    requires: {},
    more: {
      root: undefined as never,
      requirements: [
        { name: 'foo' as PackageName, requirement: '^1' as never },
        { name: 'foo' as PackageName, requirement: '^2' as never },
      ],
    },
    en: ['Because you require both foo ^1 and foo ^2, there is no solution.'],
    fr: ['Puisque vous demandez à la fois foo ^1 et foo ^2, il n’y a pas de solution.'],
  },
  {
    what: 'Who has the name of a package that is another one is spoken to',
    packages: { a: { '1.0.0': { app: '^9' } }, app: { '1.0.0': {} } },
    requires: { a: '*' },
    en: [
      'Because you require a * which depends on app ^9 which no version satisfies, there is no solution.',
    ],
    fr: [
      'Puisque vous demandez a * qui dépend de app ^9 qu’aucune version ne satisfait, il n’y a pas de solution.',
    ],
  },
  {
    what: 'Ranges that overlap where there is no version say so',
    packages: {
      foo: { '1.0.0': { shared: '>=2.0.0 <3.0.0' } },
      bar: { '1.0.0': { shared: '>=2.9.0 <4.0.0' } },
      shared: { '2.5.0': {}, '3.5.0': {} },
    },
    requires: { foo: '1.0.0', bar: '1.0.0' },
    en: [
      'Because every version of foo depends on shared >=2.0.0 <3.0.0, every version of bar depends on shared >=2.9.0 <4.0.0 and no version of shared satisfies both >=2.0.0 <3.0.0 and >=2.9.0 <4.0.0, foo is incompatible with bar.',
      'So, because app depends on both bar 1.0.0 and foo 1.0.0, there is no solution.',
    ],
    fr: [
      'Puisque chaque version de foo dépend de shared >=2.0.0 <3.0.0 et que chaque version de bar dépend de shared >=2.9.0 <4.0.0 et qu’aucune version de shared ne satisfait à la fois >=2.0.0 <3.0.0 et >=2.9.0 <4.0.0, foo est incompatible avec bar.',
      'Donc, puisque app dépend à la fois de bar 1.0.0 et de foo 1.0.0, il n’y a pas de solution.',
    ],
  },
  {
    what: 'Two conclusions that need no number are drawn together',
    packages: {
      a: { '1.0.0': { b: '1.0.0' }, '2.0.0': { b: '2.0.0' } },
      b: { '1.0.0': { a: '2.0.0' }, '2.0.0': { a: '1.0.0' } },
    },
    requires: { a: '*', b: '*' },
    en: [
      'Because a 1.0.0 depends on b 1.0.0 which depends on a 2.0.0, a 1.0.0 cannot be used.',
      'And because app depends on a *, a 2.0.0 is required.',
      'Because a 2.0.0 depends on b 2.0.0 which depends on a 1.0.0, a 2.0.0 cannot be used.',
      'So there is no solution.',
    ],
    fr: [
      'Puisque a 1.0.0 dépend de b 1.0.0 qui dépend de a 2.0.0, a 1.0.0 est exclu.',
      'Et puisque app dépend de a *, a 2.0.0 est exigé.',
      'Puisque a 2.0.0 dépend de b 2.0.0 qui dépend de a 1.0.0, a 2.0.0 est exclu.',
      'Donc il n’y a pas de solution.',
    ],
  },
  {
    what: 'What is ruled out by itself says why',
    packages: {
      foo: { '1.0.0': { $: { yanked: true } }, '1.1.0': { bar: '^1' }, '2.0.0': {} },
      bar: { '2.0.0': {} },
    },
    requires: { foo: '^1' },
    en: [
      'Because foo 1.1.0 depends on bar ^1 which no version satisfies and app depends on foo ^1, foo 1.0.0 is required.',
      'So, because foo 1.0.0 is yanked, there is no solution.',
    ],
    fr: [
      'Puisque foo 1.1.0 dépend de bar ^1 qu’aucune version ne satisfait et que app dépend de foo ^1, foo 1.0.0 est exigé.',
      'Donc, puisque foo 1.0.0 est retiré, il n’y a pas de solution.',
    ],
  },
  {
    what: 'A dependency of all neighbouring versions is said once',
    packages: {
      foo: {
        '1.0.0': { bar: '^2' },
        '1.1.0': { bar: '^2' },
        '1.2.0-rc.1': {},
        '1.2.0': { bar: '^2' },
        '2.0.0': {},
      },
      bar: { '1.0.0': {}, '2.0.0': {} },
    },
    requires: { foo: '<2', bar: '^1' },
    en: [
      'Because app depends on foo <2 which depends on bar ^2, bar ^2 is required.',
      'So, because app depends on bar ^1, there is no solution.',
    ],
  },
  {
    what: 'All stable versions and a prerelease are not `*`, which takes no prerelease',
    packages: {
      a: { '1.0.0': { b: '<=1.2.0-rc.1' }, '2.0.0': { b: '1.2.0' } },
      b: { '1.0.0': {}, '1.2.0-rc.1': {}, '1.2.0': {}, '2.0.0-rc.1': {} },
      c: { '1.0.0': { b: '2.0.0-rc.1' } },
    },
    requires: { a: '*', c: '*' },
    en: [
      'Because a 2.0.0 depends on b 1.2.0 and a 1.0.0 depends on b <=1.2.0-rc.1, every version of a requires b >=1.0.0 || 1.2.0-rc.1.',
      'And because every version of c depends on b 2.0.0-rc.1, a is incompatible with c.',
      'So, because app depends on both a * and c *, there is no solution.',
    ],
  },
  {
    what: 'An override is called one',
    packages: { foo: { '1.0.0': { bar: '^1' } }, bar: { '1.0.0': {} } },
    requires: { foo: '*' },
    more: { overrides: [{ name: 'bar' as PackageName, requirement: '^9' as never }] },
    en: [
      'Because app depends on foo * which depends on bar ^9 (overridden) which no version satisfies, there is no solution.',
    ],
    fr: [
      'Puisque app dépend de foo * qui dépend de bar ^9 (imposé) qu’aucune version ne satisfait, il n’y a pas de solution.',
    ],
  },
];

for (const { what, packages, requires, more = {}, en, fr } of cases) {
  test(what, async () => {
    const explanation = await explained(packages, requires, more);
    assert.equal(explanationText(explanation, 'en').split('\n'), en);
    if (fr) assert.equal(explanationText(explanation, 'fr').split('\n'), fr);
    const graph = { request: request(requires, more), packages: registry(packages) };
    assert.is(explanationFault(graph, explanation), undefined);
  });
}

const reasons: [
  what: string,
  spec: object,
  more: Partial<ResolveRequest>,
  en: string,
  fr: string,
][] = [
  [
    'published later',
    { publishedAt: '2026-02-01T00:00:00.000Z' },
    { asOf: '2026-01-01' },
    'which is published after the time asked for',
    'qui est publié après la date demandée',
  ],
  [
    'too young',
    { publishedAt: '2026-02-01T00:00:00.000Z' },
    { minimumAgeSeconds: 3600 },
    'which is younger than the minimum age',
    'qui est plus récent que l’âge minimal',
  ],
  [
    'without a binary',
    { sources: false, targets: ['arm64'] },
    { target: 'wasm' },
    'which is without a binary for the target',
    'qui est sans binaire pour la cible',
  ],
];

for (const [what, spec, more, en, fr] of reasons) {
  test(`A version ${what} is told of`, async () => {
    const packages = { foo: { '1.0.0': { $: spec } } };
    const options = { nowMs: Date.parse('2026-02-01T00:30:00.000Z'), suggestions: false };
    const result = await solve(packages, { foo: '*' }, more, options);
    const explanation = result.status === 'unsolvable' && result.explanation;
    const text = (language: Language) => explanation && explanationText(explanation, language);
    assert.is(text('en'), `Because app depends on foo * ${en}, there is no solution.`);
    assert.is(text('fr'), `Puisque app dépend de foo * ${fr}, il n’y a pas de solution.`);
  });
}

test('Features and series are told of in both languages', async () => {
  const packages = {
    net: { '1.0.0': { tls: { requirement: '^2', optional: true } }, '2.0.0': {} },
    tls: { '1.0.0': {} },
  };
  const asked = { net: { requirement: '*', features: ['tls'] } };
  const featured = explanationText(await explained(packages, asked), 'en');
  assert.match(featured, 'net[tls]');
  assert.match(featured, 'without that feature');
  const several = await explained(
    { a: { '1.0.0': { c: '9' }, '2.0.0': { c: '9' } }, c: { '1.0.0': {} } },
    { a: '*' },
    { mode: 'multi' },
  );
  assert.match(explanationText(several, 'en'), 'a 2.x');
  assert.match(explanationText(several, 'fr'), 'a 2.x');
});

test('Versions that would take too many ranges are counted', async () => {
  const versions = Array.from({ length: 80 }, (_, minor) => [
    `1.${minor}.0`,
    { c: minor % 2 === 0 ? '^1' : '^2' },
  ]);
  const packages = {
    a: Object.fromEntries(versions),
    b: { '1.0.0': { c: '^3' } },
    c: { '1.0.0': {}, '2.0.0': {}, '3.0.0': {} },
  };
  const explanation = await explained(packages, { a: '*', b: '*' });
  assert.equal(explanationText(explanation, 'en').split('\n'), [
    'Because any of 40 versions of a depends on c ^2 and any of 40 versions of a depends on c ^1, every version of a requires c <3.0.0.',
    'And because every version of b depends on c ^3, a is incompatible with b.',
    'So, because app depends on both a * and b *, there is no solution.',
  ]);
  assert.match(explanationText(explanation, 'fr'), 'l’une quelconque de 40 versions de a');
});

test('Of a very long explanation the beginning and the end are told', async () => {
  const packages = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, step) => [
      `p${step}`,
      { '1.0.0': { [`p${step + 1}`]: '*' }, '2.0.0': { [`p${step + 1}`]: '>=1' } },
    ]),
  );
  const explanation = await explained(packages, { p0: '*' });
  const text = explanationText(explanation, 'en').split('\n');
  assert.ok(explanation.elided > 0);
  assert.is(explanation.lines.length, 60);
  assert.ok(text.includes(`… ${explanation.elided} more lines …`));
  assert.match(text.at(-1)!, 'there is no solution.');
});

async function explained(
  packages: Record<string, Record<string, unknown>>,
  requires: Rows,
  more: Partial<ResolveRequest> = {},
): Promise<Explanation> {
  const result = await solve(packages, requires, more, { suggestions: false });
  if (result.status === 'resolved') throw new Error('it has a solution');
  return result.explanation;
}

test.run();
