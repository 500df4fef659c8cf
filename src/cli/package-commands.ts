// Commands that change or follow what a registry says of a package: rows of the table in commands.ts.
import { packageRoles } from '../core/people.ts';
import { resolveModes, resolvePreferences } from '../resolve/limits.ts';
import type { ArgumentRow, Command, OptionRow } from './command.ts';

const name: ArgumentRow = { form: 'NAME', required: true };
const account: ArgumentRow = { form: 'ACCOUNT', required: true };
const nameAndVersion: ArgumentRow = { form: 'NAME@VERSION', required: true };
const reason: OptionRow = { name: 'reason', value: 'TEXT', summary: 'reason' };

const resolveOptions: readonly OptionRow[] = [
  { name: 'prefer', value: 'WHICH', choices: resolvePreferences, summary: 'prefer' },
  { name: 'locked', value: 'FILE', summary: 'locked' },
  { name: 'mode', value: 'MODE', choices: resolveModes, summary: 'mode' },
  { name: 'as-of', value: 'TIME', summary: 'as-of' },
  { name: 'minimum-age', value: 'AGE', summary: 'minimum-age' },
  { name: 'target', value: 'TRIPLE', summary: 'target' },
  { name: 'prerelease', value: 'NAME', repeatable: true, summary: 'prerelease' },
  { name: 'override', value: 'NAME@REQ', repeatable: true, summary: 'override' },
  { name: 'offline', summary: 'offline' },
];

/** `remote` are the options of every command that talks to a registry. */
export function packageCommands(remote: readonly OptionRow[]): readonly Command[] {
  return [
    {
      path: 'registry yank',
      category: 'registry',
      arguments: [nameAndVersion],
      options: [reason, ...remote],
      examples: ['vitte registry yank demo-lib@0.1.0 --reason "loses data on overflow"'],
      load: () => import('./commands/registry-yank.ts'),
    },
    {
      path: 'registry unyank',
      category: 'registry',
      arguments: [nameAndVersion],
      options: [reason, ...remote],
      examples: ['vitte registry unyank demo-lib@0.1.0'],
      load: () => import('./commands/registry-unyank.ts'),
    },
    {
      path: 'registry deprecate',
      category: 'registry',
      arguments: [name, { form: 'MESSAGE', required: false }],
      options: [{ name: 'undo', summary: 'undo' }, ...remote],
      examples: [
        'vitte registry deprecate demo-lib "use roussov/vitte-math"',
        'vitte registry deprecate demo-lib --undo',
      ],
      load: () => import('./commands/registry-deprecate.ts'),
    },
    {
      path: 'registry owner list',
      category: 'registry',
      arguments: [name],
      options: remote,
      examples: ['vitte registry owner list demo-lib'],
      load: () => import('./commands/registry-owner-list.ts'),
    },
    {
      path: 'registry owner add',
      category: 'registry',
      arguments: [name, account],
      options: [
        { name: 'role', value: 'ROLE', choices: packageRoles, summary: 'owner-role' },
        ...remote,
      ],
      examples: [
        'vitte registry owner add demo-lib ann',
        'vitte registry owner add demo-lib bob --role maintainer',
      ],
      load: () => import('./commands/registry-owner-add.ts'),
    },
    {
      path: 'registry owner remove',
      category: 'registry',
      arguments: [name, account],
      options: remote,
      examples: ['vitte registry owner remove demo-lib bob'],
      load: () => import('./commands/registry-owner-remove.ts'),
    },
    {
      path: 'registry dependents',
      category: 'registry',
      arguments: [name],
      options: [
        { name: 'transitive', summary: 'transitive' },
        { name: 'limit', value: 'N', summary: 'dependents-limit' },
        ...remote,
      ],
      examples: [
        'vitte registry dependents roussov/vitte-math',
        'vitte registry dependents roussov/vitte-math --transitive --json',
      ],
      load: () => import('./commands/registry-dependents.ts'),
    },
    {
      path: 'registry resolve',
      category: 'registry',
      arguments: [{ form: 'NAME[@REQ]…', required: true, rest: true }],
      options: [...resolveOptions, ...remote],
      examples: [
        'vitte registry resolve demo-lib roussov/vitte-math@^1.2',
        'vitte registry resolve demo-lib --json > resolved.json',
        'vitte registry resolve demo-lib --locked resolved.json --offline',
      ],
      load: () => import('./commands/registry-resolve.ts'),
    },
  ];
}
