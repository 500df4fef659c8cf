// The package as npm makes it: installed elsewhere, compiled against and run, without a source file of ours.
import { cp, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { inFolder, writeFiles } from '../support/folders.ts';
import { startServer } from '../support/server-process.ts';
import { suite } from '../support/suite.ts';
import { runTool } from './tools.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** What is no part of the package, or large. */
const apart = new Set(['.git', 'charts', 'dist', 'node_modules', 'test']);
const test = suite('the published package', { timeoutMs: 10 * 60_000 });

const consumer = `
import { copy, emptyContent, emptyDescriptor, isVitteError, MemoryStore, OciLayoutStore, packManifest } from 'vitte-registry/oci';
import type { CopyOptions, CredentialStore, Descriptor, RemoteRepositoryOptions, Repository } from 'vitte-registry/oci';

const credentials: CredentialStore = { get: async (registry) => ({ username: registry, password: 'p' }) };
export const options: RemoteRepositoryOptions = { plainHttp: true, credentials };
const memory = new MemoryStore();
await memory.push(emptyDescriptor, emptyContent);
const packed = packManifest({ artifactType: 'application/x', layers: [] });
const pushed: Descriptor = await memory.manifests.push(packed, { tag: 'v1' });
const layout = await OciLayoutStore.open('layout');
const sent: string[] = [];
const hooks: CopyOptions = { postCopy: ({ digest }) => void sent.push(digest) };
const target: Repository = layout;
const copied = await copy(memory, 'v1', target, 'v2', hooks);
const missing = await layout.resolve('v1').catch((error: unknown) => isVitteError(error) && error.code);
console.log(JSON.stringify([copied.digest === pushed.digest, sent.length, missing]));
await layout.close();
`;
const tsconfig = {
  compilerOptions: {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    module: 'nodenext',
    target: 'es2023',
    types: ['node'],
  },
  files: ['main.ts'],
};

test('npm pack makes a package whose library compiles, strictly, and runs, and whose command runs', () =>
  inFolder(async (folder) => {
    const tarball = await pack(folder);
    const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const app = join(folder, 'app');
    await writeFiles(app, {
      'package.json': JSON.stringify({ private: true, type: 'module' }),
      'tsconfig.json': JSON.stringify(tsconfig),
      'main.ts': consumer,
    });
    const tools = ['typescript', '@types/node'].map((name) => `${name}@${devDependencies[name]}`);
    const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    await runTool('npm', ['install', ...quiet, tarball, ...tools], { cwd: app });

    await runTool(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc')], {
      cwd: app,
    });
    const ran = await runTool(process.execPath, ['main.js'], { cwd: app });
    assert.equal(JSON.parse(ran.stdout), [true, 2, 'PKG_E_NOT_FOUND']);

    const vitte = (...args: string[]) =>
      runTool(process.execPath, [join('node_modules', '.bin', 'vitte'), ...args], { cwd: app });
    assert.match((await vitte('--version')).stdout, /^vitte \d/);
    await vitte('package', 'init', 'demo-lib');
    const packed = JSON.parse((await vitte('package', 'pack', '--path', 'demo-lib')).stdout);
    assert.is(packed.schema, 'vitte.package.pack');
    // The service, with its schemas and the thread that resolves.
    const registry = await startServer(app, {}, join(app, 'node_modules', '.bin', 'vitte'));
    try {
      const reply = await fetch(`${registry.url}/api/v1/resolve`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ requirements: { none: '*' } }),
      });
      const { code } = (await reply.json()) as { code: string };
      assert.equal([reply.status, code], [422, 'PKG_E_DEPENDENCY_NOT_FOUND']);
    } finally {
      await registry.stop();
    }
  }));

/** Packs a copy of the tree: npm compiles it in its place, and this tree is not to be disturbed. */
async function pack(folder: string): Promise<string> {
  const tree = join(folder, 'tree');
  for (const name of await readdir(root)) {
    if (apart.has(name)) continue;
    await cp(join(root, name), join(tree, name), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
  const packed = await runTool('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: tree,
  });
  const name = /[\w.-]+\.tgz/.exec(packed.stdout)?.[0];
  if (name === undefined) throw new Error(`npm pack did not tell the file: ${packed.stdout}`);
  return join(folder, name);
}

test.run();
