// npm runs this after `npm ci` and before it packs: src/ is compiled into dist/, since Node strips no types below
// node_modules. Here nothing but imports of `vitte-registry/oci` by name looks at dist/. What was installed without
// development dependencies has no compiler, and runs from src/.
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const pathOf = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const compiler = pathOf('node_modules/typescript/bin/tsc');
const packing = ['pack', 'publish'].includes(process.env.npm_command);

if (existsSync(compiler)) {
  rmSync(pathOf('dist'), { recursive: true, force: true });
  const args = [compiler, '-p', pathOf('tsconfig.build.json')];
  execFileSync(process.execPath, args, { stdio: 'inherit' });
} else if (packing) {
  console.error('the compiler is not installed: npm ci');
  process.exitCode = 1;
}
