// Runs the example of docs/oci-library.md as its reader would.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Files } from './folders.ts';

const run = promisify(execFile);

/** What the example is tried with: folders, an empty file, a name beyond ASCII, and one of more than a megabyte. */
export const exampleFiles: Files = {
  'README.md': '# an example\n',
  'src/main.vit': 'proc main() -> int {\n  give 0;\n}\n',
  'src/deep/er/é ü.txt': 'beyond ASCII\n',
  empty: '',
  'large.bin': Buffer.alloc(1_500_000, 7),
};

/** Pushes a folder to `HOST/REPOSITORY:TAG`, over HTTP; gives what the example printed. */
export async function pushFolder(folder: string, reference: string): Promise<string> {
  const program = 'docs/examples/push-folder.ts';
  const args = ['--conditions=vitte-source', program, folder, reference, '--plain-http'];
  const { stdout } = await run(process.execPath, args);
  return stdout;
}
