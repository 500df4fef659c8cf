import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { displayWidth, fitted, printable } from '../../src/cli/printable.ts';
import { barLine, sizeText } from '../../src/cli/progress.ts';
import { tabLine, tableLines } from '../../src/cli/table.ts';
import { type FakeRegistry, json, startFakeRegistry } from '../client/fake-registry.ts';
import { binOf, type CliHome, makeCliHome, resultOf } from '../support/cli.ts';
import { serveStore } from '../support/rest.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ cli: CliHome; fake: FakeRegistry }>('cli output');

test.before(async (context) => {
  context.cli = await makeCliHome();
  context.fake = await startFakeRegistry();
});
test.after(async ({ cli, fake }) => {
  await Promise.all([cli.remove(), fake.close()]);
});

const hostile = 'a\x1b[31mred\x1b[0m\tb\r\nc\x07\x9b\u202e\ufeff\u2028end';
const row = { version: '1.0.0', publishedAt: 'x', yanked: false };
const page = {
  packages: [
    { ...row, name: 'demo-lib', description: 'A library' },
    { ...row, name: 'roussov/vitte-math', description: hostile },
    { ...row, name: 'plain' },
  ],
  total: 3,
};

test('a list is tab-separated lines in a pipe', async ({ cli, fake }) => {
  fake.answer(json({ ...page, packages: page.packages.slice(0, 1) }));
  const { code, stdout } = await cli.run([
    'registry',
    'list',
    '--limit',
    '1',
    '--registry',
    fake.url,
  ]);
  assert.is(code, 0);
  assert.is(stdout, 'demo-lib\t1.0.0\tA library\n');
});

test('what has no head is printed whole on a terminal, by every command that prints such', async ({
  cli,
}) => {
  const wide = 'x'.repeat(100);
  assert.equal(
    tableLines(
      [],
      [
        ['store', wide],
        ['entries', '7'],
      ],
      40,
    ),
    [`store    ${wide}`, 'entries  7'],
  );
  assert.equal(tableLines([], [], 40), []);
  const store = join(cli.home, 'store');
  await (await serveStore(store)).stop();
  const data = ['--data', store];
  const made = await cli.runOnTerminal(['registry', 'token', 'create', '--local', ...data]);
  assert.equal([made.code, /vit_[0-9A-Za-z]{49}/.test(made.stdout)], [0, true], made.stderr);
  const rebuilt = await cli.runOnTerminal(['registry', 'rebuild', ...data]);
  assert.is(rebuilt.code, 0, rebuilt.stderr);
  assert.match(rebuilt.stdout, /entries +\d/);
});

test('what a registry says cannot control a terminal, forge a line or add a column', async ({
  cli,
  fake,
}) => {
  fake.answer(json(page));
  const args = ['registry', 'search', 'x', '--registry', fake.url];
  const lines = (await cli.run(args)).stdout.split('\n');
  assert.is(lines.length, 4);
  for (const line of lines.slice(0, 3)) assert.is(line.split('\t').length, 3, line);
  assert.not.match(lines.join(''), /[^\t\x20-\x7e]/);
  const terminal = await cli.runOnTerminal(args, { env: { NO_COLOR: '1' } });
  assert.not.match(terminal.stdout, /[^\r\n\x20-\x7e…]/);
  const document = JSON.parse((await cli.run([...args, '--json'])).stdout);
  assert.is(document.packages[1].description, hostile);
});

test('a list on a terminal is a table with a header, no wider than the terminal', async ({
  cli,
  fake,
}) => {
  const long = { ...row, name: 'long-one', description: 'word '.repeat(60) };
  fake.answer(json({ packages: [...page.packages, long], total: 4 }));
  const args = ['registry', 'list', '--registry', fake.url];
  const { code, stdout } = await cli.runOnTerminal(args, { columns: 60, env: { NO_COLOR: '1' } });
  assert.is(code, 0);
  const [header = '', ...lines] = stdout.trimEnd().split('\r\n');
  assert.match(header, /^NAME +VERSION +DESCRIPTION$/);
  const column = header.indexOf('DESCRIPTION');
  assert.is(lines[0]?.slice(column), 'A library');
  for (const line of [header, ...lines]) assert.ok(displayWidth(line) <= 60, line);
  assert.ok(lines[3]?.endsWith('…'));
});

test('colours come on a terminal alone, and NO_COLOR and TERM=dumb take them away', async ({
  cli,
  fake,
}) => {
  fake.answer(json(page));
  const args = ['registry', 'list', '--registry', fake.url];
  assert.match((await cli.runOnTerminal(args)).stdout, '\x1b[1m');
  for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
    assert.not.match((await cli.runOnTerminal(args, { env })).stdout, '\x1b');
  }
  assert.not.match((await cli.run(args)).stdout, '\x1b');
});

test('--json is one canonical document with schema and status, and nothing else', async ({
  cli,
  fake,
}) => {
  fake.answer(json({ ...page, packages: [{ ...row, name: 'demo-lib', description: 'é😀' }] }));
  const { stdout, stderr } = await cli.run(['registry', 'list', '--json', '--registry', fake.url]);
  assert.is(stderr, '');
  const document = JSON.parse(stdout);
  assert.is(document.schema, 'vitte.registry.list');
  assert.is(document.status, 'ok');
  assert.equal(Object.keys(document), Object.keys(document).sort());
  assert.match(stdout, '"\\u00e9\\ud83d\\ude00"');
  assert.ok(stdout.startsWith('{\n  "packages": [\n    {\n'));
  assert.ok(stdout.endsWith('\n}\n'));
});

test('pages are read to the end, or to the limit', async ({ cli, fake }) => {
  const pageOf = (n: number, next?: string) =>
    json({ packages: [{ ...row, name: `p${n}` }], total: 3, ...(next ? { next } : {}) });
  fake.answer(pageOf(1, 'c1'), pageOf(2, 'c2'), pageOf(3));
  const all = await cli.run(['registry', 'list', '--registry', fake.url]);
  assert.is(all.stdout, 'p1\t1.0.0\t\np2\t1.0.0\t\np3\t1.0.0\t\n');
  assert.equal(
    fake.requests.map(({ path }) => path.replace(/^.*\?/, '')),
    ['limit=100', 'limit=100&cursor=c1', 'limit=100&cursor=c2'],
  );
  fake.answer(pageOf(1, 'c1'), pageOf(2, 'c2'));
  const some = await cli.run(['registry', 'list', '--limit', '2', '--registry', fake.url]);
  assert.is(some.stdout.split('\n').length, 3);
  assert.match(some.stderr, '1 more');
  fake.answer(pageOf(1, 'c1'), json({ packages: [], total: 3, next: 'c2' }));
  assert.is((await cli.run(['registry', 'list', '--registry', fake.url])).code, 0);
  assert.is(fake.requests.length, 2);
});

test('--quiet keeps notes away, and the answer stays', async ({ cli, fake }) => {
  fake.answer(json(page));
  const args = ['registry', 'search', 'x', '--limit', '1', '--registry', fake.url];
  assert.not.equal((await cli.run(args)).stderr, '');
  const quiet = await cli.run([...args, '--quiet']);
  assert.is(quiet.stderr, '');
  assert.match(quiet.stdout, 'demo-lib');
});

test('a reader that goes away early is no error', async ({ cli, fake }) => {
  const packages = Array.from({ length: 100 }, (_, n) => ({
    ...row,
    name: `p${n}`,
    description: 'd'.repeat(5_000),
  }));
  fake.answer(json({ packages, total: 100 }));
  const child = cli.start(['registry', 'list', '--registry', fake.url]);
  child.stdout?.destroy();
  let stderr = '';
  child.stderr?.on('data', (piece) => (stderr += piece));
  const code = await new Promise((done) => child.on('close', done));
  assert.equal({ code, stderr }, { code: 0, stderr: '' });
});

test('output that cannot be written is told once, with exit 1', async ({ cli }) => {
  for (const args of [['help'], ['help', '--json']]) {
    const full = await open('/dev/full', 'w');
    const child = spawn(process.execPath, [binOf(), ...args], {
      env: { HOME: cli.folder, LANG: 'C' },
      stdio: ['ignore', full.fd, 'pipe'],
    });
    const { code, stderr } = await resultOf(child);
    await full.close();
    assert.is(code, 1);
    assert.is(stderr, 'error[PKG_E_FILE] vitte: cannot write to standard output (ENOSPC)\n');
  }
});

test('nothing found is said on a terminal, and no line in a pipe', async ({ cli, fake }) => {
  fake.answer(json({ packages: [], total: 0 }));
  const args = ['registry', 'search', 'x', '--registry', fake.url];
  assert.is((await cli.run(args)).stdout, '');
  assert.match((await cli.runOnTerminal(args)).stdout, 'nothing found');
});

test('printable text keeps letters of every script and shows the rest as escapes', () => {
  const rows: [string, string][] = [
    ['Bibliothèque 数学 😀', 'Bibliothèque 数学 😀'],
    ['a\tb\nc\rd', 'a\\tb\\nc\\rd'],
    ['\x1b[2J\x00\x7f\x9b', '\\x1b[2J\\x00\\x7f\\x9b'],
    ['\u202eabc\u2066', '\\u{202e}abc\\u{2066}'],
    ['\ud800x', '\\u{d800}x'],
  ];
  for (const [text, expected] of rows) assert.is(printable(text), expected);
});

test('widths count what a terminal shows', () => {
  const rows: [string, number][] = [
    ['', 0],
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['数学', 4],
    ['😀', 2],
  ];
  for (const [text, width] of rows) assert.is(displayWidth(text), width, text);
  assert.is(fitted('数学数学', 5), '数学…');
  assert.is(fitted('abc', 3), 'abc');
  assert.is(fitted('abcd', 3), 'ab…');
});

test('tables align columns, and lines escape their tabs', () => {
  const lines = tableLines(
    ['A', 'B', 'C'],
    [
      ['数学', '1', 'x'],
      ['a\tb', '22', ''],
    ],
    80,
  );
  assert.equal(lines, ['A     B   C', '数学  1   x', 'a\\tb  22']);
  assert.is(tabLine(['a\tb', 'c\nd']), 'a\\tb\tc\\nd');
  const many = Array.from({ length: 200_000 }, () => ['a', 'b']);
  assert.is(tableLines(['A', 'B'], many, 80).length, 200_001);
});

test('a progress bar fits its terminal', () => {
  assert.is(barLine('sending', 1, 2, 80), `sending ${'█'.repeat(12)}${' '.repeat(12)}  50 %`);
  for (const columns of [1, 5, 12, 20, 30]) {
    for (const done of [0, 1, 5, 9]) {
      assert.ok(displayWidth(barLine('sending', done, 5, columns)) <= columns, `${columns}`);
    }
  }
  assert.equal([0, 1023, 1024, 1536, 5 * 1024 ** 3].map(sizeText), [
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '5.0 GiB',
  ]);
});

test.run();
