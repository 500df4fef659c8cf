import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { canonicalJson } from '../../core/json.ts';
import { isPackageName, joinName, type PackageName, splitName } from '../../core/name.ts';
import { manifestFiles } from '../../core/package-manifest.ts';
import type { Invocation } from '../command.ts';
import { spoken } from '../spoken-error.ts';

const firstVersion = '0.1.0';
const testPath = 'tests/basic.vit';

/** A program that does nothing: what a test needs to pass, and a binary to run. */
const emptyProgram = 'proc main() -> int {\n  give 0;\n}\n';

type File = { path: string; content: string };

/** `vitte package init [ARG]`: manifest, source file and test of a new package (vitte-commands.md). */
export async function run(invocation: Invocation): Promise<void> {
  const { options, output, messages, environment } = invocation;
  const { folder, name } = whereAndWhat(invocation);
  const kind = options.flag('lib') ? 'library' : 'binary';
  await demandNoManifest(folder, invocation);
  const created = await writeFiles(folder, packageFiles(name, kind), invocation);
  const document = {
    schema: 'vitte.package.init',
    created,
    kind,
    name,
    package_root: folder,
    version: firstVersion,
  };
  await output.answer(document, (paper) => {
    for (const path of created) {
      paper.line(`${messages.init.created} ${relative(environment.cwd, path)}`);
    }
  });
  if (!output.json) output.note(messages.init.next(relative(environment.cwd, folder) || '.'));
}

/** The folder and the full name that ARG, --path and --namespace mean. Throws PKG_E_PACKAGE_NAME. */
function whereAndWhat({ arguments: [arg], options, environment, messages }: Invocation) {
  const path = options.text('path');
  const folder = resolve(environment.cwd, path ?? arg ?? '.');
  const typed = path === undefined && arg !== undefined ? basename(arg) : arg;
  // A folder that was there before has the name that it has; a name that somebody types is taken at its word.
  const isTyped = typed !== undefined && typed !== '.' && typed !== '..';
  const local = isTyped ? typed : folded(basename(folder));
  const namespace = options.text('namespace');
  if (local.includes('/') || !isPackageName(local)) throw notName(local, messages);
  return { folder, name: joinName(namespace, local) };
}

function notName(local: string, { init }: Invocation['messages']) {
  const [namespace = '', name = '', ...rest] = local.split('/');
  if (rest.length === 0 && isPackageName(namespace) && isPackageName(name)) {
    const help = init.namespaceHelp(namespace);
    return spoken('PKG_E_PACKAGE_NAME', init.notName(local), { help });
  }
  const suggestion = folded(local)
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '');
  const shown = isPackageName(suggestion) ? suggestion : 'demo-lib';
  return spoken('PKG_E_PACKAGE_NAME', init.notName(local), { help: init.notNameHelp(shown) });
}

function folded(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

async function demandNoManifest(folder: string, { messages }: Invocation) {
  for (const file of manifestFiles) {
    const path = join(folder, file);
    if (await stat(path).catch(() => undefined)) throw existsError(path, messages);
  }
}

/** The files of a new package; the manifest is last, so that it never names what is not there. */
function packageFiles(name: PackageName, kind: 'binary' | 'library'): File[] {
  const { namespace, local } = splitName(name);
  const isLibrary = kind === 'library';
  const entry = isLibrary ? 'src/lib.vit' : 'src/main.vit';
  const manifest = {
    schema: 'vitte.package.manifest.v1',
    namespace,
    name: local,
    version: firstVersion,
    kind,
    entry,
    dependencies: {},
    tests: [testPath],
  };
  return [
    { path: entry, content: isLibrary ? emptyModule(local) : emptyProgram },
    { path: testPath, content: emptyProgram },
    { path: 'vitte-package.json', content: canonicalJson(manifest, 2) },
  ];
}

function emptyModule(local: string): string {
  return `space packages/${local.replaceAll('-', '_')}\n\nexport *\n\nproc one() -> int {\n  give 1;\n}\n`;
}

/**
 * Writes the files that are not there yet and gives their absolute paths, manifest first. When something fails,
 * those that were written are removed. Throws PKG_E_ALREADY_EXISTS for the manifest, PKG_E_FILE.
 */
async function writeFiles(
  folder: string,
  files: readonly File[],
  { messages }: Invocation,
): Promise<string[]> {
  const created: string[] = [];
  try {
    for (const [index, { path, content }] of files.entries()) {
      const file = join(folder, path);
      const isManifest = index === files.length - 1;
      if (await writeNew(file, content, messages)) created.push(file);
      else if (isManifest) throw existsError(file, messages);
    }
  } catch (error) {
    await Promise.all(created.map((file) => rm(file, { force: true })));
    throw error;
  }
  return [...created.slice(-1), ...created.slice(0, -1)];
}

/** False where the file is there already: somebody's sources are never overwritten. */
async function writeNew(file: string, content: string, { init }: Invocation['messages']) {
  try {
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, content, { flag: 'wx' });
    return true;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'error';
    if (code === 'EEXIST' && (await stat(file).catch(() => undefined))?.isFile()) return false;
    throw spoken('PKG_E_FILE', init.cannotWrite(file, code), { cause });
  }
}

function existsError(path: string, { init }: Invocation['messages']) {
  return spoken('PKG_E_ALREADY_EXISTS', init.exists(path), { help: init.existsHelp });
}
