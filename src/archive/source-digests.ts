import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/json.ts';

export type SourceDigests = { sourceSha256: string; registryChecksum: string };

/**
 * Vitte's two source digests, both lowercase hex, over files that are given in path order (`add`) with the
 * SHA-256 of each in lowercase hex. spec/archive.md, "Source digests", says what each covers.
 */
export function sourceDigests(): {
  add(path: string, sha256: string): void;
  finish(): SourceDigests;
} {
  const workspace = createHash('sha256').update('[');
  const registry = createHash('sha256');
  let separator = '';
  return {
    add(path, sha256) {
      // The canonical JSON of the whole list, a row at a time.
      workspace.update(separator + canonicalJson({ path, sha256 }));
      separator = ',';
      if (!leftOutOfRegistry(path)) registry.update(`${path}\0${sha256}\n`);
    },
    finish: () => ({
      sourceSha256: workspace.update(']').digest('hex'),
      registryChecksum: registry.digest('hex'),
    }),
  };
}

const leftOutParts: ReadonlySet<string> = new Set(['.git', '.prove', '_build', 'blib', 'cover_db']);
const leftOutFiles: ReadonlySet<string> = new Set([
  '.DS_Store',
  'Build',
  'Makefile',
  'MYMETA.json',
  'MYMETA.yml',
  'pm_to_blib',
]);
const leftOutSuffixes = ['.bak', '.swp', '.tmp'];

/** What the registry checksum passes over although the archive holds it. */
function leftOutOfRegistry(path: string): boolean {
  const parts = path.split('/');
  return (
    parts.some((part) => part.startsWith('.') || leftOutParts.has(part)) ||
    leftOutFiles.has(parts.at(-1) ?? '') ||
    leftOutSuffixes.some((suffix) => path.endsWith(suffix))
  );
}
