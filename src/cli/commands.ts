// The one table of commands: dispatch, help, usage errors, completions and spec/cli.md follow from it.
import { facetNames, searchSorts } from '../index/search-port.ts';
import type { ExportFormat } from '../signing/key-formats.ts';
import type { ArgumentRow, Command, OptionRow } from './command.ts';
import { packageCommands } from './package-commands.ts';

export const globalOptions: readonly OptionRow[] = [
  { name: 'help', short: 'h', summary: 'help' },
  { name: 'json', summary: 'json' },
  { name: 'quiet', short: 'q', summary: 'quiet' },
];

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;

const registry: OptionRow = { name: 'registry', value: 'URL', summary: 'registry' };
const token: OptionRow = { name: 'token', value: 'TOKEN', summary: 'token' };
const remote = [registry, token];
const limit: OptionRow = { name: 'limit', value: 'N', summary: 'limit' };
const namespace: OptionRow = { name: 'namespace', value: 'NS', summary: 'namespace' };
const sort: OptionRow = { name: 'sort', value: 'ORDER', choices: searchSorts, summary: 'sort' };
const facet: OptionRow = {
  name: 'facet',
  value: 'NAME',
  choices: facetNames,
  repeatable: true,
  summary: 'facet',
};
const output: OptionRow = { name: 'output', short: 'o', value: 'FILE', summary: 'output' };
const dryRun: OptionRow = { name: 'dry-run', summary: 'dry-run' };
const packagePath: OptionRow = { name: 'path', value: 'DIR', summary: 'path' };
const passphraseFile: OptionRow = {
  name: 'passphrase-file',
  value: 'FILE',
  summary: 'passphrase-file',
};
const signers: readonly OptionRow[] = [
  { name: 'key', value: 'FILE', repeatable: true, summary: 'key' },
  { name: 'signature', value: 'FILE', repeatable: true, summary: 'signature' },
  passphraseFile,
];
const archiveKind: OptionRow = {
  name: 'kind',
  value: 'KIND',
  choices: ['vitmod', 'vitpkg'],
  summary: 'archive-kind',
};
const profile: OptionRow = {
  name: 'profile',
  value: 'PROFILE',
  choices: ['1', '2'],
  summary: 'profile',
};
/** The settings of the service that a flag can give: those of src/server/config.ts, as a test compares. */
const storeSettings: readonly OptionRow[] = [
  { name: 'storage', value: 'URL', summary: 'storage' },
  { name: 'storage-auth-file', value: 'FILE', summary: 'storage-auth-file' },
  { name: 'storage-ca-file', value: 'FILE', summary: 'storage-ca-file' },
  { name: 'storage-cert-file', value: 'FILE', summary: 'storage-cert-file' },
  { name: 'storage-key-file', value: 'FILE', summary: 'storage-key-file' },
  { name: 'storage-realms', value: 'HOSTS', summary: 'storage-realms' },
  { name: 'storage-upload-hosts', value: 'HOSTS', summary: 'storage-upload-hosts' },
  { name: 'storage-encoding', value: 'ENCODING', summary: 'storage-encoding' },
  { name: 'storage-profile', value: 'PROFILE', summary: 'storage-profile' },
  { name: 'storage-routes-file', value: 'FILE', summary: 'storage-routes-file' },
  { name: 'index', value: 'URL', summary: 'index' },
  { name: 'data', value: 'DIR', summary: 'data' },
  { name: 'secret-file', value: 'FILE', summary: 'secret-file' },
  { name: 'log-level', value: 'LEVEL', summary: 'log-level' },
  { name: 'config', value: 'FILE', summary: 'config' },
];
/** Those of the storage alone. */
const storageSettings = storeSettings.filter(
  ({ name }) => name === 'data' || name === 'config' || /^storage(?!-routes)/.test(name),
);
const serviceSettings: readonly OptionRow[] = [
  { name: 'listen', value: 'HOST:PORT', summary: 'listen' },
  ...storeSettings,
  { name: 'public-url', value: 'URL', summary: 'public-url' },
  { name: 'bootstrap-token-file', value: 'FILE', summary: 'bootstrap-token-file' },
  { name: 'upload-bytes-max', value: 'BYTES', summary: 'upload-bytes-max' },
  { name: 'drain-ms', value: 'MS', summary: 'drain-ms' },
];
const keyForms = ['pem', 'der', 'base58', 'openssh'] as const satisfies readonly ExportFormat[];
const nameAndRequirement: ArgumentRow = { form: 'NAME[@REQ]', required: true };

const packagePublish = {
  category: 'package',
  arguments: [],
  options: [packagePath, ...signers, dryRun, ...remote],
  documentInPipe: true,
  load: () => import('./commands/package-publish.ts'),
} as const;

export const commands: readonly Command[] = [
  {
    path: 'registry serve',
    category: 'registry',
    arguments: [],
    options: [...serviceSettings, { name: 'print-config', summary: 'print-config' }],
    examples: [
      'vitte registry serve',
      'vitte registry serve --listen 127.0.0.1:8080 --data /srv/vitte',
    ],
    load: () => import('./commands/registry-serve.ts'),
  },
  {
    path: 'registry list',
    category: 'registry',
    arguments: [],
    options: [namespace, sort, limit, ...remote],
    examples: ['vitte registry list', 'vitte registry list --namespace roussov --json'],
    load: () => import('./commands/registry-list.ts'),
  },
  {
    path: 'registry search',
    category: 'registry',
    arguments: [{ form: 'WORD…', required: true, rest: true }],
    options: [namespace, sort, facet, limit, ...remote],
    examples: [
      'vitte registry search math',
      'vitte registry search math kind:library license:MIT --sort downloads',
    ],
    load: () => import('./commands/registry-search.ts'),
  },
  {
    path: 'registry info',
    category: 'registry',
    arguments: [nameAndRequirement],
    options: remote,
    examples: ['vitte registry info roussov/vitte-math', 'vitte registry info demo-lib@0.1.0'],
    load: () => import('./commands/registry-info.ts'),
  },
  {
    path: 'registry fetch',
    category: 'registry',
    arguments: [nameAndRequirement],
    options: [
      { name: 'output', short: 'o', value: 'FILE', summary: 'fetch-output' },
      { name: 'bundle', summary: 'bundle' },
      ...remote,
    ],
    examples: [
      'vitte registry fetch demo-lib@0.1.0',
      'vitte registry fetch "roussov/vitte-math@^1.2" -o math.vitmod --bundle',
    ],
    load: () => import('./commands/registry-fetch.ts'),
  },
  {
    path: 'registry publish',
    category: 'registry',
    arguments: [{ form: 'DIR|FILE', required: false }],
    options: [...signers, archiveKind, dryRun, ...remote],
    examples: [
      'vitte registry publish demo-lib --key dev.json',
      'vitte registry publish demo-lib-0.1.0.vitmod --signature demo-lib-0.1.0.vitmod.bundle',
    ],
    load: () => import('./commands/registry-publish.ts'),
  },
  ...packageCommands(remote),
  {
    path: 'registry rebuild',
    category: 'registry',
    arguments: [{ form: 'NAME…', required: false, rest: true }],
    options: [
      { name: 'deep', summary: 'deep' },
      { name: 'verify', summary: 'verify-index' },
      { name: 'adopt', summary: 'adopt' },
      { name: 'from', value: 'FILE', summary: 'from' },
      ...storeSettings,
    ],
    examples: [
      'vitte registry rebuild --data /srv/vitte',
      'vitte registry rebuild --deep --index redis://redis.example',
      'vitte registry rebuild --adopt roussov/vitte-math --storage oci://registry.example/vitte',
    ],
    load: () => import('./commands/registry-rebuild.ts'),
  },
  {
    path: 'registry verify',
    category: 'registry',
    arguments: [],
    options: [
      { name: 'fix', summary: 'fix' },
      { name: 'content', summary: 'content' },
      ...storeSettings,
    ],
    examples: [
      'vitte registry verify --data /srv/vitte',
      'vitte registry verify --content',
      'vitte registry verify --fix --json',
    ],
    load: () => import('./commands/registry-verify.ts'),
  },
  {
    path: 'registry doctor',
    category: 'registry',
    arguments: [],
    options: storageSettings,
    examples: [
      'vitte registry doctor',
      'vitte registry doctor --storage oci://registry.example/vitte --json',
    ],
    load: () => import('./commands/registry-doctor.ts'),
  },
  {
    path: 'registry token create',
    category: 'registry',
    arguments: [],
    options: [
      { name: 'local', summary: 'local' },
      { name: 'role', value: 'ROLE', choices: ['admin'], summary: 'role' },
      ...storeSettings,
    ],
    examples: ['vitte registry token create --local --role admin'],
    load: () => import('./commands/registry-token-create.ts'),
  },
  {
    path: 'registry whoami',
    category: 'registry',
    arguments: [],
    options: remote,
    examples: ['vitte registry whoami --registry https://packages.example.org'],
    load: () => import('./commands/registry-whoami.ts'),
  },
  {
    path: 'package init',
    category: 'package',
    arguments: [{ form: 'ARG', required: false }],
    options: [
      packagePath,
      { name: 'namespace', value: 'NS', summary: 'package-namespace' },
      { name: 'lib', summary: 'lib' },
    ],
    examples: [
      'vitte package init demo-lib',
      'vitte package init vitte-math --namespace roussov --lib',
      'vitte package init demo-lib --path ./here',
    ],
    documentInPipe: true,
    load: () => import('./commands/package-init.ts'),
  },
  {
    path: 'package pack',
    category: 'package',
    arguments: [],
    options: [packagePath, { ...output, name: 'out' }, archiveKind, profile],
    examples: ['vitte package pack', 'vitte package pack --path demo-lib -o demo.vitmod'],
    documentInPipe: true,
    load: () => import('./commands/package-pack.ts'),
  },
  {
    path: 'package publish',
    ...packagePublish,
    examples: [
      'vitte package publish --dry-run',
      'vitte package publish --path demo-lib --key dev.json',
    ],
  },
  {
    path: 'package verify',
    category: 'package',
    arguments: [{ form: 'FILE|NAME@VERSION', required: true }],
    options: remote,
    examples: [
      'vitte package verify demo-lib-0.1.0.vitmod',
      'vitte package verify roussov/vitte-math@1.2.0',
    ],
    documentInPipe: true,
    verifies: true,
    load: () => import('./commands/package-verify.ts'),
  },
  { path: 'publish', ...packagePublish, examples: ['vitte publish --dry-run'] },
  {
    path: 'key generate',
    category: 'key',
    arguments: [],
    options: [
      { name: 'algo', value: 'NAME', choices: ['ed25519'], summary: 'algo' },
      output,
      passphraseFile,
    ],
    examples: ['vitte key generate --algo ed25519 --output dev.json'],
    load: () => import('./commands/key-generate.ts'),
  },
  {
    path: 'key export',
    category: 'key',
    arguments: [],
    options: [
      { name: 'key', value: 'FILE', summary: 'key-file' },
      { name: 'format', value: 'FORM', choices: keyForms, summary: 'format' },
      { name: 'secret', summary: 'secret' },
      output,
      passphraseFile,
    ],
    examples: [
      'vitte key export --key dev.json --format pem --output dev.pub',
      'vitte key export --key dev.json --format openssh',
    ],
    load: () => import('./commands/key-export.ts'),
  },
  {
    path: 'key sign',
    category: 'key',
    arguments: [{ form: 'FILE', required: true }],
    options: [
      { name: 'key', value: 'FILE', summary: 'signing-key' },
      { name: 'version-manifest', summary: 'version-manifest' },
      profile,
      output,
      passphraseFile,
    ],
    examples: [
      'vitte key sign notes.txt --key dev.json',
      'vitte key sign demo-lib-0.1.0.vitmod --version-manifest --key dev.json',
    ],
    load: () => import('./commands/key-sign.ts'),
  },
  {
    path: 'key verify',
    category: 'key',
    arguments: [{ form: 'FILE', required: true }],
    options: [
      { name: 'sig', value: 'FILE', summary: 'sig' },
      { name: 'key', value: 'FILE', summary: 'public-key' },
    ],
    examples: ['vitte key verify notes.txt --sig notes.txt.sig --key dev.pub'],
    verifies: true,
    load: () => import('./commands/key-verify.ts'),
  },
  {
    path: 'completion',
    category: 'vitte',
    arguments: [{ form: 'SHELL', required: true, choices: shells }],
    options: [],
    examples: ['vitte completion bash > ~/.local/share/bash-completion/completions/vitte'],
    load: () => import('./commands/completion.ts'),
  },
  {
    path: 'help',
    category: 'vitte',
    arguments: [{ form: 'COMMAND|CODE…', required: false, rest: true }],
    options: [],
    examples: ['vitte help registry publish', 'vitte help PKG_E_VERSION_EXISTS'],
    load: () => import('./commands/help.ts'),
  },
];
