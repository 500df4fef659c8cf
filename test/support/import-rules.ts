// Who may import whom. Groups stand from left to right; a room may import any room left of its own group and
// none in its own. Of another room only functions and its port are used, never an adapter: adapters are
// constructed in the two compose.ts files alone.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const groups = [
  ['core'],
  ['archive', 'signing', 'resolve', 'oci'],
  ['storage', 'index', 'auth', 'client'],
  ['sync'],
  ['registry'],
  ['api', 'web'],
  ['server'],
  ['cli'],
];

/** Files that hold an adapter of a port: whoever constructs one knows where things lie. */
const adapters = new Set([
  'oci/layout.ts',
  'oci/memory.ts',
  'oci/remote/registry.ts',
  'index/memory.ts',
  'index/redis/redis-index.ts',
  'index/search.ts',
]);
const composers = new Set(['server/compose.ts', 'cli/compose.ts']);

export type SourceFile = { path: string; text: string };

/** Every TypeScript file under a folder, by path relative to it. */
export function sourceFiles(root: string): SourceFile[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** One sentence for every import that goes against the arrows. */
export function wrongImports(files: SourceFile[]): string[] {
  return files.flatMap((file) =>
    importsOf(file).flatMap((target) => {
      const why = wrongArrow(file, target);
      return why ? [`${file.path} imports ${target.path}: ${why}`] : [];
    }),
  );
}

type Import = { path: string; dynamic: boolean };

function importsOf({ path, text }: SourceFile): Import[] {
  const found = text.matchAll(/(?:from|import)\s*(\()?\s*'(\.{1,2}\/[^']+)'/g);
  return [...found].map(([, dynamic, target]) => ({
    path: relative('.', join(dirname(path), target ?? '')),
    dynamic: dynamic !== undefined,
  }));
}

function wrongArrow(from: SourceFile, to: Import): string | undefined {
  const [fromRoom = ''] = from.path.split('/');
  const [toRoom = ''] = to.path.split('/');
  if (fromRoom === toRoom) return undefined;
  const fromGroup = groups.findIndex((group) => group.includes(fromRoom));
  const toGroup = groups.findIndex((group) => group.includes(toRoom));
  if (fromGroup < 0) return `${fromRoom} is no room of the house`;
  if (toGroup < 0)
    return to.path.startsWith('..') ? undefined : `${toRoom} is no room of the house`;
  if (toGroup === fromGroup) return `${fromRoom} and ${toRoom} stand side by side`;
  if (toGroup > fromGroup) return `${toRoom} stands right of ${fromRoom}`;
  if (adapters.has(to.path) && !composers.has(from.path)) return 'an adapter of another room';
  if (fromRoom === 'cli' && toRoom === 'server' && !to.dynamic) {
    return 'cli loads server by dynamic import alone';
  }
  return undefined;
}
