// Makes dist/, or the folder that is named: npm runs this after `npm ci` and before it packs, since Node strips no types
// below node_modules. The command is put together into few files, for it starts in half the time then; the library is
// compiled file by file, with its types. Here only imports of `vitte-registry/oci` by name look at dist/. What was
// installed without development dependencies has no compiler, and runs from src/.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const target = resolve(process.argv[2] ?? join(root, 'dist'));
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const packing = ['pack', 'publish'].includes(process.env.npm_command);

if (existsSync(compiler)) {
  rmSync(target, { recursive: true, force: true });
  const args = [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', target];
  execFileSync(process.execPath, args, { stdio: 'inherit' });
  await bundle(join(target, 'bin'));
} else if (packing) {
  console.error('the compiler is not installed: npm ci');
  process.exitCode = 1;
}

/** The command, the thread that resolves, and what they share; beside them the licences of what came in from others. */
async function bundle(folder) {
  const { build } = await import('esbuild');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/main.ts', 'src/resolve/worker.ts'],
    entryNames: '[name]',
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // CommonJS packages load Node's own modules this way.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  });
  writeFileSync(join(folder, 'LICENSES.txt'), licencesOf(Object.keys(metafile.inputs)));
}

function licencesOf(inputs) {
  const packages = inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  return [...new Set(packages)]
    .sort()
    .map((path) => {
      const folder = join(root, path);
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json')));
      const files = readdirSync(folder).filter((file) => /^licen[cs]e/i.test(file));
      const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
      return [`${name} ${version} (${license})`, ...texts].join('\n\n');
    })
    .join(`\n\n${'-'.repeat(72)}\n\n`);
}
