import { readFileSync } from 'node:fs';

/** This package's version, as its package.json says; the same path from `src` and from `dist`. */
export function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
