import * as assert from 'uvu/assert';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import { failureLines } from '../../src/cli/failure.ts';
import { en } from '../../src/cli/messages/en.ts';
import { fr } from '../../src/cli/messages/fr.ts';
import { spoken } from '../../src/cli/spoken-error.ts';
import { type ErrorKind, errorCatalogue, VitteError } from '../../src/core/errors.ts';
import { type FakeRegistry, json, problem, startFakeRegistry } from '../client/fake-registry.ts';
import { type CliHome, makeCliHome } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ cli: CliHome; fake: FakeRegistry }>('cli failure');

test.before(async (context) => {
  context.cli = await makeCliHome();
  context.fake = await startFakeRegistry();
});
test.after(async ({ cli, fake }) => {
  await Promise.all([cli.remove(), fake.close()]);
});

const kinds: Record<ErrorKind, [registry: number, packageCode: number]> = {
  usage: [2, 1],
  malformed: [2, 1],
  missing: [3, 1],
  unauthenticated: [4, 1],
  denied: [4, 1],
  unavailable: [5, 5],
  upstream: [5, 5],
  'too-many': [5, 5],
  slow: [5, 5],
  integrity: [6, 6],
  bug: [70, 70],
  refused: [1, 1],
  conflict: [1, 1],
  'too-large': [1, 1],
  'media-type': [1, 1],
  method: [1, 1],
  range: [1, 1],
  precondition: [1, 1],
};

test('each kind of error has its exit code', () => {
  for (const kind of Object.values(errorCatalogue)) assert.ok(kinds[kind], kind);
  for (const [kind, [registry, packageCode]] of Object.entries(kinds)) {
    assert.is(exitCodeOf(kind as ErrorKind, 'registry', false), registry, kind);
    assert.is(exitCodeOf(kind as ErrorKind, 'key', false), registry, kind);
    assert.is(exitCodeOf(kind as ErrorKind, 'package', false), packageCode, kind);
  }
});

test('where the question is whether something verifies, broken integrity is the answer no', () => {
  assert.is(exitCodeOf('integrity', 'package', true), 1);
  assert.is(exitCodeOf('integrity', 'key', true), 1);
  assert.is(exitCodeOf('unavailable', 'package', true), 5);
});

test('package commands fail in the form of vitte-commands.md', () => {
  const cause = new Error('outer', { cause: new Error('ENOENT: no such file') });
  const error = new VitteError('PKG_E_FILE', 'cannot read it', { help: 'look again', cause });
  assert.equal(failureLines(error, 'package', en), [
    'error[PKG_E_FILE] package: cannot read it',
    '  = id: PKG_E_FILE:<package>:1:1',
    '  = category: package',
    '  = severity: error',
    '  = fluent-key: PKG_E_FILE',
    '  = span: <package>:1:1-1:2',
    '  = cause: ENOENT: no such file',
    '  = help: look again',
  ]);
  const bare = failureLines(new VitteError('PKG_E_FILE', 'why'), 'package', en);
  assert.is(bare.at(-1), '  = cause: why');
});

test('other commands fail with one line, and help where there is one', () => {
  const error = new VitteError('PKG_E_TOKEN', 'no token', {
    help: 'give one',
    data: { requestId: 'r7' },
  });
  assert.equal(failureLines(error, 'registry', en), [
    'error[PKG_E_TOKEN] registry: no token',
    '  = request: r7',
    '  = help: give one',
  ]);
  assert.is(failureLines(new VitteError('PKG_E_FILE', 'x'), 'key', en).length, 1);
  const general = failureLines(new VitteError('PKG_E_TOKEN', 'x'), 'registry', en);
  assert.equal(general.slice(1), ['  = help: give --token, or set VITTE_TOKEN']);
});

test('in French a message of another room follows the title of its code, and ours is French itself', () => {
  const foreign = failureLines(new VitteError('PKG_E_TOKEN', 'no token'), 'registry', fr);
  assert.equal(foreign, [
    'error[PKG_E_TOKEN] registry: Le jeton manque, est faux ou a expiré : no token',
    '  = help: donnez --token ou définissez VITTE_TOKEN',
  ]);
  const own = failureLines(spoken('PKG_E_TOKEN', 'il faut un jeton'), 'registry', fr);
  assert.equal(own, ['error[PKG_E_TOKEN] registry: il faut un jeton']);
});

test('a message cannot forge a line or colour a terminal', () => {
  const evil = 'x\nerror[PKG_E_NONE] registry: forged\x1b[31m';
  const error = new VitteError('PKG_E_NOT_FOUND', evil, { help: evil, cause: new Error(evil) });
  for (const category of ['registry', 'package'] as const) {
    for (const line of failureLines(error, category, en)) {
      assert.not.match(line, /[\x00-\x1f]/);
    }
  }
});

const answers: [string, ReturnType<typeof problem>, number][] = [
  ['PKG_E_NOT_FOUND', problem(404, 'PKG_E_NOT_FOUND'), 3],
  ['PKG_E_TOKEN', problem(401, 'PKG_E_TOKEN'), 4],
  ['PKG_E_FORBIDDEN', problem(403, 'PKG_E_FORBIDDEN'), 4],
  ['PKG_E_VERSION_EXISTS', problem(409, 'PKG_E_VERSION_EXISTS'), 1],
  ['PKG_E_REGISTRY_ANSWER', problem(500, 'PKG_E_INTERNAL'), 5],
  ['PKG_E_REGISTRY_ANSWER', json({ account: 5 }), 5],
];

test('what a registry answers is told with its code and its exit code', async ({ cli, fake }) => {
  for (const [code, answer, exitCode] of answers) {
    fake.answer(answer);
    const args = ['registry', 'whoami', '--registry', fake.url];
    const plain = await cli.run(args);
    assert.is(plain.code, exitCode, code);
    assert.is(plain.stdout, '');
    assert.ok(plain.stderr.startsWith(`error[${code}] registry: `), plain.stderr);
    const document = await cli.run([...args, '--json']);
    assert.is(document.code, exitCode);
    const { schema, status, code: stated, message } = JSON.parse(document.stdout);
    assert.equal(
      [schema, status, stated, typeof message],
      ['vitte.error', 'error', code, 'string'],
    );
    assert.is(document.stderr, plain.stderr);
  }
});

test('a registry that is not there is exit 5, with a word on how to start one', async ({ cli }) => {
  const gone = await startFakeRegistry();
  await gone.close();
  for (const args of [
    ['registry', 'list', '--registry', gone.url],
    ['package', 'verify', 'demo@1.0.0', '--registry', gone.url],
  ]) {
    const { code, stderr } = await cli.run(args);
    assert.is(code, 5);
    assert.match(stderr, 'error[PKG_E_REGISTRY_UNAVAILABLE] ');
    assert.match(stderr, 'npm start');
  }
});

test('an error that nobody foresaw is exit 70, its stack only with VITTE_DEBUG=1', async ({
  cli,
  fake,
}) => {
  fake.answer(json({ account: 'a', role: 'r' }));
  const args = ['registry', 'whoami', '--registry', fake.url];
  // Breaks what no command expects to break.
  const preload = `data:text/javascript,${encodeURIComponent('JSON.parse = () => { throw new TypeError("planted") }')}`;
  const env = { NODE_OPTIONS: `--import "${preload}"` };
  const quiet = await cli.run(args, { env });
  assert.is(quiet.code, 70);
  assert.match(quiet.stderr, 'error[PKG_E_INTERNAL] registry: ');
  assert.match(quiet.stderr, 'planted');
  assert.not.match(quiet.stderr, '    at ');
  const loud = await cli.run(args, { env: { ...env, VITTE_DEBUG: '1' } });
  assert.is(loud.code, 70);
  assert.match(loud.stderr, '    at ');
});

test.run();
