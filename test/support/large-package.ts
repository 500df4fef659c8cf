// Run as a process of its own, with a folder: packs a package with one large file there, unpacks it again, and
// prints as one line of JSON how much memory that took at its worst.
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { extractArchive } from '../../src/archive/extract.ts';
import { fileBytes } from '../../src/archive/inspect.ts';
import { packFolder } from '../../src/archive/pack.ts';
import { writeFiles } from './folders.ts';
import { goodManifest } from './hostile-archives.ts';
import { type MemoryReport, sampled } from './memory-sampler.ts';

export type LargePackageReport = MemoryReport & { unpackedBytes: number };

const largeBytes = 128 * 1024 * 1024;
/** The file is a hole on disk, so it compresses better than an archive may. */
const limits = { ratioMax: 5000 };

const [folder] = process.argv.slice(2);
if (folder !== undefined) console.log(JSON.stringify(await sampled(() => roundTrip(folder))));

async function roundTrip(folder: string) {
  const source = join(folder, 'source');
  const manifest = JSON.stringify(goodManifest);
  await writeFiles(source, { 'src/lib.vit': '', 'vitte-package.json': manifest });
  const large = await open(join(source, 'large.bin'), 'w');
  await large.truncate(largeBytes);
  await large.close();
  const { file } = await packFolder(source, { directory: folder }, { limits });
  const out = join(folder, 'out');
  await extractArchive(fileBytes(file), 'vitmod', out, { limits });
  return { unpackedBytes: (await stat(join(out, 'large.bin'))).size };
}
