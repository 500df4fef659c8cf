import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const bin = join(import.meta.dirname, '../../src/cli/bin/vitte.js');

/** Runs `vitte` with these words and variables; rejects where it fails. */
export async function runCommand(words: string[], env: Record<string, string>): Promise<string> {
  const options = { env: { ...process.env, ...env } };
  return (await promisify(execFile)(process.execPath, [bin, ...words], options)).stdout;
}
