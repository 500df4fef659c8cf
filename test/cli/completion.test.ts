import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { commands, shells } from '../../src/cli/commands.ts';
import { completionScript } from '../../src/cli/completion/script.ts';
import { en } from '../../src/cli/messages/en.ts';
import { fr } from '../../src/cli/messages/fr.ts';
import { type CliHome, makeCliHome } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const test = suite<{ cli: CliHome }>('cli completion');

test.before(async (context) => {
  context.cli = await makeCliHome();
});
test.after(({ cli }) => cli.remove());

test('each shell gets a script that holds every command and every option', async ({ cli }) => {
  for (const shell of shells) {
    const { code, stdout, stderr } = await cli.run(['completion', shell]);
    assert.equal([code, stderr], [0, ''], shell);
    assert.is(stdout, completionScript(shell, en));
    assert.match(stdout, 'vitte-registry');
    for (const { path, options } of commands) {
      assert.match(stdout, path, shell);
      for (const word of path.split(' ')) assert.match(stdout, word, shell);
      for (const { name } of options) assert.match(stdout, `--${name}`, shell);
    }
  }
});

test('the summaries in scripts are in the language of the user', () => {
  for (const shell of ['zsh', 'fish', 'powershell'] as const) {
    assert.match(completionScript(shell, fr), 'tenir un registre');
    assert.match(completionScript(shell, en), 'run a registry');
  }
});

const cases: [words: string[], expected: string[], absent: string[]][] = [
  [['vitte', ''], ['registry', 'package', 'key', 'publish', 'completion', '--version'], ['serve']],
  [['vitte', 're'], ['registry'], ['package', 'key']],
  [
    ['vitte', 'registry', ''],
    ['serve', 'list', 'fetch', 'whoami'],
    ['init', 'registry'],
  ],
  [['vitte', 'registry', 'fetch', '--'], ['--output', '--bundle', '--registry'], ['--key']],
  [['vitte', '--json', 'registry', 'fetch', 'demo', '--b'], ['--bundle'], ['--registry']],
  [['vitte-registry', 'se'], ['serve', 'search'], ['list']],
  [['/usr/bin/vitte-key', 'sign', '--k'], ['--key'], ['--version-manifest']],
  [['vitte', 'completion', ''], ['bash', 'zsh', 'fish', 'powershell'], ['registry']],
  [['vitte', 'key', 'sign', '--key', 'a'], ['a file.json'], ['--key']],
  [['vitte', 'registry', 'publish', 'a'], ['a file.json'], ['--key']],
  [['vitte', 'registry', 'list', 'a'], [], ['a file.json']],
];

test('bash offers what may come next', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vitte-completion-'));
  await writeFile(join(folder, 'a file.json'), '');
  await writeFile(join(folder, 'script'), completionScript('bash', en));
  try {
    for (const [words, expected, absent] of cases) {
      const list = words.map((word) => `'${word}'`).join(' ');
      const code = `. ./script; COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _vitte; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const said = execFileSync('bash', ['-uc', code], { cwd: folder, encoding: 'utf8' });
      const offered = said.split('\n');
      for (const word of expected) assert.ok(offered.includes(word), `${list}: ${said}`);
      for (const word of absent) assert.not.ok(offered.includes(word), `${list}: ${said}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.run();
