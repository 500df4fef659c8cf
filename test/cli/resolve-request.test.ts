import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Invocation } from '../../src/cli/command.ts';
import { parseLine } from '../../src/cli/command-line.ts';
import { commands } from '../../src/cli/commands.ts';
import { en } from '../../src/cli/messages/en.ts';
import { resolveRequestOf } from '../../src/cli/resolve-request.ts';
import { isVitteError } from '../../src/core/errors.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ folder: string }>('cli: what registry resolve asks for');

test.before(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'vitte-resolve-request-'));
  const rows = { packages: [{ name: 'base', version: 'v1.0.0', digest: 'sha256:x', later: 1 }] };
  const files = {
    'resolved.json': { schema: 'vitte.registry.resolution', ...rows },
    'answered.json': { schema: 'vitte.registry.resolution.v1', ...rows },
    'other.json': { schema: 'vitte.registry.info', ...rows },
    'vitte.lock': {
      schema: 'vitte.workspace.lock.v1',
      entries: [
        { name: 'base', version: '1.0.0', source: 'registry' },
        { name: 'app', version: '0.1.0', source: 'workspace', path: 'packages/app' },
      ],
    },
    'odd.json': { schema: 'vitte.registry.resolution' },
    'nameless.json': { schema: 'vitte.registry.resolution', packages: [{ version: '1.0.0' }] },
  };
  for (const [file, document] of Object.entries(files)) {
    await writeFile(join(context.folder, file), JSON.stringify(document));
  }
});
test.after(({ folder }) => rm(folder, { recursive: true, force: true }));

function requestOf(folder: string, words: string[]) {
  const command = commands.find(({ path }) => path === 'registry resolve')!;
  const line = parseLine(command, words, en);
  const around = { command, messages: en, environment: { cwd: folder, variables: {} } };
  return resolveRequestOf({ ...around, ...line } as unknown as Invocation);
}

test('names and requirements are read as everywhere, and every option has its part', async ({
  folder,
}) => {
  const plain = await requestOf(folder, ['base', 'roussov/http@^1.2', 'json@>=1, <2', 'x@']);
  assert.equal(plain, {
    mode: 'unify',
    requirements: [
      { name: 'base', requirement: '*' },
      { name: 'roussov/http', requirement: '^1.2' },
      { name: 'json', requirement: '>=1, <2' },
      { name: 'x', requirement: '*' },
    ],
  });
  const options = [
    '--mode=multi --locked=resolved.json --as-of=2026-01-31 --minimum-age=7d',
    '--target=x86_64-linux --prerelease=a --prerelease=b --override=c@^2 --override=d@*',
  ];
  assert.equal(await requestOf(folder, ['base', ...options.join(' ').split(' ')]), {
    requirements: [{ name: 'base', requirement: '*' }],
    mode: 'multi',
    prefer: 'locked',
    locked: [{ name: 'base', version: '1.0.0' }],
    overrides: [
      { name: 'c', requirement: '^2' },
      { name: 'd', requirement: '*' },
    ],
    asOf: '2026-01-31',
    minimumAgeSeconds: 604_800,
    target: 'x86_64-linux',
    prereleases: ['a', 'b'],
  });
});

test('of a lockfile of a workspace what came from the registry counts', async ({ folder }) => {
  const { prefer, locked } = await requestOf(folder, ['base', '--locked=vitte.lock']);
  assert.equal([prefer, locked], ['locked', [{ name: 'base', version: '1.0.0' }]]);
});

test('a lockfile may be what POST /resolve answered, and another preference may be stated', async ({
  folder,
}) => {
  const { prefer, locked } = await requestOf(folder, [
    'base',
    '--locked=answered.json',
    '--prefer=highest',
  ]);
  assert.equal([prefer, locked], ['highest', [{ name: 'base', version: '1.0.0' }]]);
});

test('ages have units', async ({ folder }) => {
  const rows: [string, number][] = [
    ['0', 0],
    ['90', 90],
    ['90s', 90],
    ['90m', 5_400],
    ['36h', 129_600],
    ['2w', 1_209_600],
    ['3650d', 315_360_000],
  ];
  for (const [text, seconds] of rows) {
    const { minimumAgeSeconds } = await requestOf(folder, ['a', `--minimum-age=${text}`]);
    assert.is(minimumAgeSeconds, seconds, text);
  }
});

const wrong: [words: string, code: string, text: string][] = [
  ['base --as-of yesterday', 'PKG_E_COMMAND', '--as-of takes a time'],
  ['base --as-of 2026-02-30', 'PKG_E_COMMAND', '--as-of takes a time'],
  ['base --as-of 2026-02-40', 'PKG_E_COMMAND', '--as-of takes a time'],
  ['base --minimum-age old', 'PKG_E_COMMAND', '--minimum-age takes an age'],
  ['base --minimum-age 3651d', 'PKG_E_COMMAND', '--minimum-age takes an age'],
  ['base --minimum-age 1.5d', 'PKG_E_COMMAND', '--minimum-age takes an age'],
  [`base --target ${'a'.repeat(1_001)}`, 'PKG_E_COMMAND', '--target takes at most 1000'],
  ['base --override base', 'PKG_E_COMMAND', 'write NAME@REQ'],
  ['base --override a@1 --override a@2', 'PKG_E_COMMAND', 'two overrides of a'],
  ['base --prefer locked', 'PKG_E_COMMAND', '--locked is missing'],
  ['base --prefer newest', 'PKG_E_COMMAND', 'takes one of: highest, minimal, locked'],
  ['base --mode both', 'PKG_E_COMMAND', 'takes one of: unify, multi'],
  ['--json', 'PKG_E_COMMAND', 'NAME[@REQ]… is missing'],
  ['base@latest', 'PKG_E_REQUIREMENT', 'latest'],
  ['Base', 'PKG_E_PACKAGE_NAME', 'Base'],
  ['base --prerelease Base', 'PKG_E_PACKAGE_NAME', 'Base'],
  ['base --locked none.json', 'PKG_E_FILE', 'none.json'],
  ['base --locked other.json', 'PKG_E_DOCUMENT', 'other.json is neither what'],
  ['base --locked odd.json', 'PKG_E_DOCUMENT', 'odd.json is neither what'],
  ['base --locked nameless.json', 'PKG_E_DOCUMENT', 'nameless.json is neither what'],
];
for (const [words, code, text] of wrong) {
  test(`${words.slice(0, 60)} is ${code}`, async ({ folder }) => {
    let thrown: unknown;
    try {
      await requestOf(folder, words.split(' '));
    } catch (error) {
      thrown = error;
    }
    assert.ok(isVitteError(thrown) && thrown.code === code, String(thrown));
    assert.match(thrown.message, text);
  });
}

test.run();
