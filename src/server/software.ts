import { readFileSync } from 'node:fs';

/** Name and version of this program, from its package.json. */
export function software(): { name: string; version: string } {
  const file = new URL('../../package.json', import.meta.url);
  const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  return { name: name ?? '', version: version ?? '' };
}
