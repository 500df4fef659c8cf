import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import type { JsonValue } from '../../src/core/json.ts';
import type { PackageName } from '../../src/core/name.ts';
import { resolutionDocument, unsolvableError } from '../../src/resolve/answers.ts';
import { factsOfDocument } from '../../src/resolve/facts-document.ts';
import { parseResolveRequest } from '../../src/resolve/request.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import { checkSchema as checkPublished } from '../support/published-schemas.ts';
import { suite } from '../support/suite.ts';
import { randomModeGraph } from './mode-agreement.ts';
import { randomGraph } from './random-graph.ts';
import { providerOf, registry, solve } from './registry.ts';

const test = suite('requests and answers as documents');

const whole: JsonValue = {
  root: { name: 'app', version: 'v1.0.0' },
  requirements: [
    { name: 'a', requirement: '^1.2', features: ['x'] },
    { name: 'roussov/b', requirement: '>=1, <2' },
  ],
  mode: 'multi',
  prefer: 'locked',
  locked: [{ name: 'a', version: '1.2.3' }],
  overrides: { c: '^2' },
  asOf: '2026-01-01T00:00:00Z',
  minimumAgeSeconds: 3600,
  target: 'x86_64',
  prereleases: ['a'],
};

test('A request is read with all that it may ask for', () => {
  checkSchema('resolve-request', { ...(whole as object), root: { name: 'app', version: '1.0.0' } });
  assert.equal(parseResolveRequest(whole), {
    ...(whole as object),
    root: { name: 'app', version: '1.0.0' },
    overrides: [{ name: 'c', requirement: '^2' }],
  });
});

test('Requirements may be a list of rows or an object by name', () => {
  const rows = [
    { name: 'a', requirement: '^1' },
    { name: 'b', requirement: '*', features: ['x'] },
  ];
  const byName = { a: '^1', b: { requirement: '*', features: ['x'] } };
  for (const requirements of [rows, byName]) {
    checkSchema('resolve-request', { requirements });
    assert.equal(parseResolveRequest({ requirements }), { requirements: rows });
  }
  assert.equal(parseResolveRequest({ requirements: [] }), { requirements: [] });
});

const refused: [what: string, body: JsonValue, code: string][] = [
  ['no object', [], 'PKG_E_REQUEST'],
  ['no requirements', {}, 'PKG_E_REQUEST'],
  ['requirements that are a string', { requirements: 'a' }, 'PKG_E_REQUEST'],
  ['a row without a requirement', { requirements: [{ name: 'a' }] }, 'PKG_E_REQUEST'],
  ['a row that is a string', { requirements: ['a'] }, 'PKG_E_REQUEST'],
  ['a name that is none', { requirements: { A: '*' } }, 'PKG_E_PACKAGE_NAME'],
  ['a requirement that is none', { requirements: { a: 'latest' } }, 'PKG_E_REQUIREMENT'],
  [
    'a requirement of 257 characters',
    { requirements: { a: '1'.repeat(257) } },
    'PKG_E_REQUIREMENT',
  ],
  ['a requirement that is a number', { requirements: { a: 1 } }, 'PKG_E_REQUEST'],
  [
    'features that are a string',
    { requirements: [{ name: 'a', requirement: '*', features: 'x' }] },
    'PKG_E_REQUEST',
  ],
  ['an unknown mode', { requirements: [], mode: 'both' }, 'PKG_E_REQUEST'],
  ['an unknown preference', { requirements: [], prefer: 'newest' }, 'PKG_E_REQUEST'],
  ['a root without a name', { requirements: [], root: {} }, 'PKG_E_REQUEST'],
  [
    'a locked version that is none',
    { requirements: [], locked: [{ name: 'a', version: '1' }] },
    'PKG_E_PACKAGE_VERSION',
  ],
  [
    'two overrides of one name',
    {
      requirements: [],
      overrides: [
        { name: 'a', requirement: '1' },
        { name: 'a', requirement: '2' },
      ],
    },
    'PKG_E_REQUEST',
  ],
  ['a time that is none', { requirements: [], asOf: 'yesterday' }, 'PKG_E_REQUEST'],
  ['a day that no calendar has', { requirements: [], asOf: '2026-02-30' }, 'PKG_E_REQUEST'],
  [
    'a requirement on what comes from elsewhere',
    { requirements: { a: { requirement: '*', source: 'workspace' } } },
    'PKG_E_REQUEST',
  ],
  [
    'a requirement that is none',
    { requirements: [{ name: 'a', requirement: '*', optional: true }] },
    'PKG_E_REQUEST',
  ],
  ['a time that no calendar has', { requirements: [], asOf: '2026-13-01' }, 'PKG_E_REQUEST'],
  ['an age below 0', { requirements: [], minimumAgeSeconds: -1 }, 'PKG_E_REQUEST'],
  ['an age that is text', { requirements: [], minimumAgeSeconds: '7d' }, 'PKG_E_REQUEST'],
  [
    'too many rows',
    { requirements: Array.from({ length: 10_001 }, () => ({ name: 'a', requirement: '*' })) },
    'PKG_E_REQUEST',
  ],
];

for (const [what, body, code] of refused) {
  test(`A request with ${what} is refused`, () => {
    assert.throws(
      () => parseResolveRequest(body),
      (error: unknown) => isVitteError(error) && error.code === code,
    );
  });
}

test('Answers are what their schemas say', async () => {
  let solved = 0;
  for (let seed = 1; seed <= 200; seed += 1) {
    for (const { request, packages } of [randomGraph(seed), randomModeGraph(seed)]) {
      const result = await resolve(request, providerOf(packages), { suggestions: seed % 4 === 0 });
      if (result.status === 'resolved') checkSchema('resolution', resolutionDocument(result.graph));
      else checkSchema('explanation', result.explanation);
      if (result.status === 'resolved') solved += 1;
    }
  }
  assert.ok(solved > 50 && solved < 350);
});

test('What is unsolvable is an error with the code, the text and the structure of its explanation', async () => {
  const result = await solve({ a: { '1.0.0': {} } }, { a: '^2' });
  const explanation = result.status === 'unsolvable' ? result.explanation : undefined;
  const error = unsolvableError(explanation!);
  assert.is(error.code, 'PKG_E_DEPENDENCY_VERSION');
  assert.is(error.kind, 'refused');
  assert.match(error.message, 'Because app depends on a ^2 which no version satisfies');
  assert.match(unsolvableError(explanation!, 'fr').message, 'Puisque app dépend de a ^2');
  checkSchema('explanation', error.data?.explanation);
});

const row = { name: 'b', requirement: '^1.2', features: ['x'], optional: true };
const document = {
  schema: 'vitte.registry.index.v1',
  name: 'a',
  sequence: 7,
  versions: [
    {
      version: '1.1.0',
      digest: `sha256:${'0'.repeat(64)}`,
      publishedAt: '2026-01-01T00:00:00.000Z',
      yanked: false,
      dependencies: [row],
      features: { x: ['b'] },
      targets: [],
    },
    { version: '1.0.0', dependencies: [] },
  ],
};

test('An index document is what the solver reads', async () => {
  const facts = factsOfDocument(document, 'a' as PackageName);
  const packages = new Map([...registry({ b: { '1.2.0': {} } }), ['a' as PackageName, facts]]);
  const request = parseResolveRequest({
    requirements: { a: { requirement: '*', features: ['b'] } },
  });
  const result = await resolve(request, providerOf(packages), { suggestions: false });
  const chosen =
    result.status === 'resolved' && result.graph.packages.map(({ version }) => version);
  // The dependency asks b for a feature that b does not have; without it the older version is left.
  assert.is(chosen, false);
  const plain = parseResolveRequest({ requirements: { a: '*' } });
  const found = await resolve(plain, providerOf(packages));
  assert.is(found.status === 'resolved' && found.graph.packages[0]?.version, '1.1.0');
});

const malformed: [what: string, change: object][] = [
  ['of another package', { name: 'b' }],
  ['without versions', { versions: undefined }],
  ['with a version that is none', { versions: [{ version: '1.0' }] }],
  [
    'with a requirement that is none',
    { versions: [{ version: '1.0.0', dependencies: [{ ...row, requirement: 'x y' }] }] },
  ],
  [
    'with a dependency on no name',
    { versions: [{ version: '1.0.0', dependencies: [{ ...row, name: 'B' }] }] },
  ],
  ['with features that are no lists', { versions: [{ version: '1.0.0', features: { x: 'b' } }] }],
  ['with a time that is none', { versions: [{ version: '1.0.0', publishedAt: 'soon' }] }],
  ['with a yank that is text', { versions: [{ version: '1.0.0', yanked: 'no' }] }],
  [
    'with a source that is no text',
    { versions: [{ version: '1.0.0', dependencies: [{ ...row, source: 1 }] }] },
  ],
  ['with a target that is a number', { versions: [{ version: '1.0.0', targets: [1] }] }],
  ['with dependencies that are an object', { versions: [{ version: '1.0.0', dependencies: {} }] }],
];

for (const [what, change] of malformed) {
  test(`An index document ${what} is refused`, () => {
    assert.throws(
      () => factsOfDocument({ ...document, ...change }, 'a' as PackageName),
      (error: unknown) => isVitteError(error, 'PKG_E_DOCUMENT'),
    );
  });
}

test('What is no index document at all is refused', () => {
  for (const value of [null, [], 'a', 1, undefined]) {
    assert.throws(
      () => factsOfDocument(value, 'a' as PackageName),
      (error: unknown) => isVitteError(error, 'PKG_E_DOCUMENT'),
    );
  }
});

/** As it is sent: members that are undefined are not there. */
function checkSchema(name: string, value: unknown) {
  checkPublished(name, JSON.parse(JSON.stringify(value)));
}

test.run();
