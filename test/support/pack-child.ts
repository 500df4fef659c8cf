// Run as a process of its own: writes a folder under its own umask, packs it with the folder's names read in a
// shuffled order, and prints the archive's digests as one line of JSON.
import { readFileSync } from 'node:fs';
import { packFolder } from '../../src/archive/pack.ts';
import { listFolder } from '../../src/archive/source-folder.ts';
import { writeFiles } from './folders.ts';

export type PackTask = {
  folder: string;
  output: string;
  umask: number;
  /** The names of each folder are turned by so many places, and turned about when it is odd. */
  shuffle: number;
  files: Record<string, string>;
};

const task = JSON.parse(readFileSync(0, 'utf8')) as PackTask;
process.umask(task.umask);
await writeFiles(task.folder, task.files);
const packed = await packFolder(
  task.folder,
  { file: task.output },
  {
    list: async (folder) => {
      const names = await listFolder(folder);
      names.sort((a, b) => Buffer.compare(a.name, b.name));
      if (task.shuffle % 2 === 1) names.reverse();
      const turn = task.shuffle % Math.max(1, names.length);
      return [...names.slice(turn), ...names.slice(0, turn)];
    },
  },
);
console.log(JSON.stringify({ facts: packed.facts, document: packed.document }));
