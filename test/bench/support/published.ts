// The package as npm would install it: compiled from the sources as they stand, in a folder of the row's own, since
// Node strips no types in a package that somebody installed, and what `npm ci` once compiled here may be old.
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeProgram, timedRun } from './programs.ts';

export type Published = {
  /** The `vitte` command. */
  bin: string;
  /** Compiles a file of `peers/` as a program beside it, which imports the package by its name; gives its path. */
  program(peer: string): Promise<string>;
};

const tree = fileURLToPath(new URL('../../../', import.meta.url));
const compiler = join(tree, 'node_modules/typescript/bin/tsc');

/** Compiles the package into a folder, which must not exist. */
export async function publishedPackage(folder: string): Promise<Published> {
  await mkdir(folder, { recursive: true });
  for (const file of ['package.json', 'src/cli/bin', 'spec', 'docs', 'CHANGELOG.md']) {
    await cp(join(tree, file), join(folder, file), { recursive: true });
  }
  await symlink(join(tree, 'node_modules'), join(folder, 'node_modules'));
  await timedRun(nodeProgram([join(tree, 'scripts/prepare.js'), join(folder, 'dist')]));
  return {
    bin: join(folder, 'src/cli/bin/vitte.js'),
    async program(peer) {
      const peers = join(import.meta.dirname, '../peers');
      await compile(join(folder, `${peer}.json`), {
        extends: join(tree, 'tsconfig.build.json'),
        compilerOptions: { rootDir: peers, outDir: folder, declaration: false, noResolve: true },
        include: [join(peers, `${peer}.ts`)],
      });
      return join(folder, `${peer}.js`);
    },
  };
}

async function compile(file: string, project: object): Promise<void> {
  await writeFile(file, JSON.stringify(project));
  await timedRun(nodeProgram([compiler, '-p', file]));
}
