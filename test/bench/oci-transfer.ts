// Large blobs: our client as a library beside oras and crane, each a whole process, files to registry and back.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figure, Row } from './row.ts';
import { writeSampleFiles } from './support/sample-files.ts';
import { measureTransfers, withTransfers } from './support/transfers.ts';

const blobBytes = 50 * 1024 * 1024;

export const row: Row = {
  name: 'oci-transfer',
  heldTo: 'no number: it stands beside oras and crane, at the same work on the same registry',
  run: (context) =>
    withTransfers(context, async (bench) => {
      const figures: Figure[] = [];
      for (const atOnce of [1, 16]) {
        const folder = join(context.folder, 'files');
        const files = await writeSampleFiles(folder, atOnce, blobBytes);
        const what = { title: '50 MB', profile: `oci-transfer-${atOnce}`, files, atOnce, bound };
        figures.push(...(await measureTransfers(bench, what)));
        await rm(folder, { recursive: true });
      }
      return figures;
    }),
};

const bound = {
  push: 'then the registry; of our own time two fifths are reading the file, twice, into a new buffer for each 64 KB, a fifth is SHA-256, twice, a tenth the collector',
  pull: "then, of our own time, two fifths are writing the file, a fifth undici's buffers, joined and collected, a sixth is SHA-256",
};
