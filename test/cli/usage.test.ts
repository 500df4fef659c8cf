import * as assert from 'uvu/assert';
import { matchCommand, parseLine } from '../../src/cli/command-line.ts';
import { commands } from '../../src/cli/commands.ts';
import { en } from '../../src/cli/messages/en.ts';
import { nearest } from '../../src/cli/nearest.ts';
import { isVitteError } from '../../src/core/errors.ts';
import { type CliHome, makeCliHome } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ cli: CliHome }>('cli usage');

test.before(async (context) => {
  context.cli = await makeCliHome();
});
test.after(({ cli }) => cli.remove());

const wrong: [string, string[], string][] = [
  ['an unknown option', ['registry', 'list', '--nope'], 'there is no option --nope'],
  ['an unknown short option', ['registry', 'list', '-x'], 'there is no option -x'],
  ['an option of another command', ['registry', 'list', '--key', 'k'], 'there is no option --key'],
  ['a missing value', ['registry', 'list', '--limit'], '--limit needs a value: --limit N'],
  ['an empty value', ['registry', 'list', '--registry='], '--registry needs a value'],
  ['an option for a value', ['registry', 'list', '--limit', '--json'], '--limit needs a value'],
  ['a value for a switch', ['package', 'init', '--lib=yes'], '--lib takes no value'],
  [
    'an option given twice',
    ['registry', 'list', '--limit', '1', '--limit', '2'],
    'was given twice',
  ],
  ['a missing argument', ['registry', 'info'], 'NAME[@REQ] is missing'],
  ['an argument too many', ['registry', 'info', 'a', 'b'], '"b" is one argument too many'],
  ['an argument where none is', ['registry', 'list', 'a'], '"a" is one argument too many'],
  [
    'a value that is no choice',
    ['key', 'export', '--format', 'x'],
    '--format takes one of: pem, der',
  ],
  ['an argument that is no choice', ['completion', 'tcsh'], 'SHELL takes one of: bash, zsh'],
];

for (const [title, args, message] of wrong) {
  test(`${title} is a usage error that says so`, () => {
    const match = matchCommand(args);
    assert.ok('command' in match);
    try {
      parseLine(match.command, match.rest, en);
      assert.unreachable();
    } catch (error) {
      assert.ok(isVitteError(error, 'PKG_E_COMMAND'), String(error));
      assert.match(error.message, message);
      assert.ok(error.help);
    }
  });
}

test('options and arguments are read in any order, and after -- all is an argument', () => {
  const rows: [string[], string[], Record<string, unknown>][] = [
    [['-o', 'f', 'a@1', '--bundle'], ['a@1'], { output: 'f', bundle: true }],
    [['a', '-of', '-q'], ['a'], { output: 'f', quiet: true }],
    [['--output=-', 'a'], ['a'], { output: '-' }],
    [['-o', '-', 'a'], ['a'], { output: '-' }],
    [['--output=--json', 'a'], ['a'], { output: '--json' }],
    [['--', '-a'], ['-a'], {}],
    [['a', '--registry', 'http://x', '--token', 't'], ['a'], { registry: 'http://x', token: 't' }],
  ];
  const command = commandOf('registry fetch');
  for (const [args, expected, given] of rows) {
    const parsed = parseLine(command, args, en);
    assert.equal(parsed.arguments, expected);
    assert.equal(parsed.options.given(), given);
  }
  const { options } = parseLine(commandOf('registry publish'), ['--key', 'a', '--key', 'b'], en);
  assert.equal(options.list('key'), ['a', 'b']);
});

test('who asks for help need not give what is required', () => {
  assert.ok(parseLine(commandOf('registry info'), ['--help'], en).options.flag('help'));
});

test('a wrong command line is exit 2, and 1 for package', async ({ cli }) => {
  const rows: [string[], number][] = [
    [['registry', 'list', '--nope'], 2],
    [['key', 'sign'], 2],
    [['key', 'sign', 'f'], 2],
    [['nonsense'], 2],
    [['registry'], 2],
    [['registry', 'list', '--limit', '0'], 2],
    [['registry', 'list', '--limit', '1e3'], 2],
    [['registry', 'fetch', 'a', '-o', '-', '--json'], 2],
    [['registry', 'fetch', 'a', '-o', '-', '--bundle'], 2],
    [['registry', 'info', 'Bad_Name'], 2],
    [['registry', 'info', 'a@not a range'], 2],
    [['registry', 'list', '--registry', 'ftp://x'], 2],
    [['package', 'init', '--nope'], 1],
    [['publish', 'a'], 1],
    [['package'], 1],
    [['--nope'], 2],
    [['registry', '--nope'], 2],
    [['package', 'nonsense'], 1],
  ];
  for (const [args, expected] of rows) {
    const { code, stdout, stderr } = await cli.run(args);
    assert.is(code, expected, args.join(' '));
    assert.is(stdout === '', !args.includes('--json'), args.join(' '));
    assert.match(stderr, /^error\[PKG_E_[A-Z_]+\] (?:registry|package|key|vitte): /);
  }
});

test('the nearest names are offered, and none that is far', () => {
  assert.equal(nearest('serch', ['search', 'serve', 'list']), ['search']);
  assert.equal(nearest('registry lst', ['registry list', 'registry info']), ['registry list']);
  assert.equal(nearest('x', ['search', 'ab']), []);
  assert.equal(nearest('a'.repeat(10_000), ['search']), []);
});

function commandOf(path: string) {
  const command = commands.find((row) => row.path === path);
  if (!command) throw new Error(path);
  return command;
}

test.run();
