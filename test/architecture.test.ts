import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sourceFiles, wrongImports } from './support/import-rules.ts';
import { suite } from './support/suite.ts';

const test = suite('architecture');
const files = sourceFiles(join(import.meta.dirname, '../src'));

test('every import follows the arrows of the house', () => {
  assert.ok(files.length > 50, 'the source files were found');
  assert.equal(wrongImports(files), []);
});

const planted: [name: string, path: string, text: string, found: RegExp][] = [
  ['core importing a room', 'core/x.ts', `import { a } from '../oci/port.ts';`, /right of core/],
  [
    'a neighbour in the same group',
    'oci/x.ts',
    `import { a } from '../archive/pack.ts';`,
    /side by side/,
  ],
  [
    'a use case importing a route',
    'registry/x.ts',
    `export { a } from '../api/router.ts';`,
    /right of/,
  ],
  [
    'an import() against the arrow',
    'sync/x.ts',
    `await import('../server/serve.ts');`,
    /right of sync/,
  ],
  [
    'an adapter outside compose.ts',
    'registry/x.ts',
    `import { a } from '../oci/memory.ts';`,
    /adapter/,
  ],
  [
    'the server loaded at once by cli',
    'cli/x.ts',
    `import { a } from '../server/serve.ts';`,
    /dynamic/,
  ],
  [
    'a room that is not in the plan',
    'helpers/x.ts',
    `import { a } from '../core/name.ts';`,
    /no room/,
  ],
];

for (const [name, path, text, found] of planted) {
  test(`a planted wrong import is found: ${name}`, () => {
    const wrong = wrongImports([...files, { path, text }]);
    assert.is(wrong.length, 1);
    assert.match(wrong[0] ?? '', found);
  });
}

test('the arrows themselves are allowed', () => {
  const right = [
    { path: 'registry/x.ts', text: `import { a } from '../sync/journal.ts';` },
    { path: 'server/compose.ts', text: `import { a } from '../oci/memory.ts';` },
    { path: 'cli/x.ts', text: `await import('../server/serve.ts');` },
    { path: 'server/x.ts', text: `import data from '../../spec/x.json';` },
  ];
  assert.equal(wrongImports(right), []);
});

test.run();
