import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/digest.ts';
import { mediaTypes } from '../../src/core/media-types.ts';
import { createIndexKeeper } from '../../src/oci/layout-keeper.ts';
import { openUploads, type Uploads } from '../../src/oci/layout-uploads.ts';
import type { TableEdit } from '../../src/oci/manifest-table.ts';
import { rejectsAs, rejectsWith } from '../contract/oci-support.ts';
import { suite } from '../support/suite.ts';
import { inFolder } from './layout-folder.ts';

const test = suite('OCI layout index keeper');

const manifest = { mediaType: mediaTypes.ociManifest, digest: sha256('a manifest'), size: 10 };
const tagged = (tag: string) => ({ apply: (edit: TableEdit) => edit.put(manifest, tag) });

test(
  'changes that wait while another is written share one write',
  inFolder(async (folder) => {
    const { keeper, gate, writes } = await openKeeper(folder);
    const first = keeper.change(tagged('first'));
    await gate.reached;
    const others = Array.from({ length: 50 }, (_, index) => keeper.change(tagged(`t${index}`)));
    gate.open();
    await Promise.all([first, ...others]);
    assert.is(writes(), 2);
    assert.is((await keeper.table()).tags.size, 51);
  }),
);

test(
  'a change that changes nothing writes nothing',
  inFolder(async (folder) => {
    const { keeper, gate, writes } = await openKeeper(folder);
    gate.open();
    await keeper.change(tagged('one'));
    await keeper.change(tagged('one'));
    await keeper.change({ apply: (edit) => edit.untag('never') });
    assert.is(writes(), 1);
  }),
);

test(
  'a change shows when it is written, not before',
  inFolder(async (folder) => {
    const { keeper, gate } = await openKeeper(folder);
    const change = keeper.change(tagged('one'));
    await gate.reached;
    assert.is((await keeper.table()).tags.size, 0);
    gate.open();
    await change;
    assert.is((await keeper.table()).tags.size, 1);
  }),
);

test(
  'a refused change takes no other along',
  inFolder(async (folder) => {
    const { keeper, gate } = await openKeeper(folder);
    gate.open();
    const [unprepared, unapplied] = [new Error('unprepared'), new Error('unapplied')];
    const refuse = (error: Error) => () => {
      throw error;
    };
    await Promise.all([
      keeper.change(tagged('one')),
      rejectsAs(
        unprepared,
        keeper.change({ ...tagged('two'), prepare: async () => refuse(unprepared)() }),
      ),
      rejectsAs(unapplied, keeper.change({ apply: refuse(unapplied) })),
      keeper.change(tagged('three')),
    ]);
    assert.equal([...(await keeper.table()).tags.keys()], ['one', 'three']);
  }),
);

test(
  'a waiting change is taken back by its signal; one that is being written is not',
  inFolder(async (folder) => {
    const { keeper, gate } = await openKeeper(folder);
    const reason = new Error('enough');
    const abort = new AbortController();
    const begun = keeper.change(tagged('begun'), { signal: abort.signal });
    await gate.reached;
    const waiting = keeper.change(tagged('waiting'), { signal: abort.signal });
    const other = keeper.change(tagged('other'));
    abort.abort(reason);
    await rejectsAs(reason, waiting);
    gate.open();
    await Promise.all([begun, other]);
    assert.equal([...(await keeper.table()).tags.keys()], ['begun', 'other']);
  }),
);

test(
  'a write that fails rejects its changes, and what stands on disk counts from then on',
  inFolder(async (folder) => {
    const { keeper, gate, fail } = await openKeeper(folder);
    gate.open();
    await keeper.change(tagged('one'));
    fail(Object.assign(new Error('no space left'), { code: 'ENOSPC', syscall: 'write' }));
    await Promise.all([
      rejectsWith('PKG_E_STORE_LAYOUT_FULL', keeper.change(tagged('two'))),
      rejectsWith('PKG_E_STORE_LAYOUT_FULL', keeper.change(tagged('three'))),
    ]);
    assert.equal([...(await keeper.table()).tags.keys()], ['one']);
    fail(undefined);
    await keeper.change(tagged('four'));
    assert.equal([...(await keeper.table()).tags.keys()], ['one', 'four']);
  }),
);

test(
  'a write that fails when the file has its name already counts as what stands on disk',
  inFolder(async (folder) => {
    const { keeper, gate, failBehind } = await openKeeper(folder);
    gate.open();
    const error = new Error('the folder could not be synced');
    failBehind(error);
    await rejectsAs(error, keeper.change(tagged('one')));
    failBehind(undefined);
    assert.equal([...(await keeper.table()).tags.keys()], ['one']);
  }),
);

test(
  'a failure to read is not remembered',
  inFolder(async (folder) => {
    const { keeper, gate } = await openKeeper(folder);
    gate.open();
    const path = join(folder, 'oci-layout');
    await writeFile(path, '{}');
    await rejectsWith('PKG_E_STORE_FORMAT', keeper.table());
    await rejectsWith('PKG_E_STORE_FORMAT', keeper.change(tagged('one')));
    await rm(path);
    assert.is((await keeper.table()).tags.size, 0);
  }),
);

/** A keeper whose first write of `index.json` waits at a gate, and whose writes are counted and can fail. */
async function openKeeper(folder: string) {
  const uploads = await openUploads(folder);
  let writes = 0;
  let failure: Error | undefined;
  let failureBehind: Error | undefined;
  let open = () => {};
  let tell = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const watched: Uploads = {
    ...uploads,
    async replace(path, bytes) {
      tell();
      await opened;
      if (failure) throw failure;
      writes += 1;
      await uploads.replace(path, bytes);
      if (failureBehind) throw failureBehind;
    },
  };
  const keeper = createIndexKeeper(folder, folder, watched);
  // Making the layout writes too; it is the business of other tests.
  await createIndexKeeper(folder, folder, uploads).make();
  return {
    keeper,
    gate: { open, reached },
    writes: () => writes,
    fail: (error: Error | undefined) => {
      failure = error;
    },
    failBehind: (error: Error | undefined) => {
      failureBehind = error;
    },
  };
}

test.run();
