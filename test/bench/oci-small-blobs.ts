// Many small blobs: our client as a library beside oras and crane, each a whole process, files to registry and back.
import { join } from 'node:path';
import type { Row } from './row.ts';
import { writeSampleFiles } from './support/sample-files.ts';
import { measureTransfers, withTransfers } from './support/transfers.ts';

const blobs = 1_000;
const blobBytes = 4 * 1024;
/** What crane does unasked; the others are told the same. */
const atOnce = 4;

export const row: Row = {
  name: 'oci-small-blobs',
  heldTo: 'no number: it stands beside oras and crane, at the same work on the same registry',
  run: (context) =>
    withTransfers(context, async (bench) => {
      const files = await writeSampleFiles(join(context.folder, 'files'), blobs, blobBytes);
      const title = `${blobs} blobs of 4 KB`;
      return measureTransfers(bench, { title, profile: 'oci-small-blobs', files, atOnce, bound });
    }),
};

const bound = {
  push: 'then the registry, which is asked twice a blob: three quarters of the time we wait for it',
  pull: 'then the registry, which is asked once a blob: two thirds of the time we wait for it',
};
