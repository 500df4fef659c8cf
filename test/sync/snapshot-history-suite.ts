import * as assert from 'uvu/assert';
import type { PackageName } from '../../src/core/name.ts';
import type { Registry } from '../../src/oci/port.ts';
import { openStoreReader } from '../../src/sync/store-reader.ts';
import { suite } from '../support/suite.ts';
import { checkHistories } from './history.ts';
import { everything, openReplica, type Replica } from './replica.ts';
import {
  losableIndex,
  namesIn,
  openSnapshotReplica,
  type SnapshotReplica,
} from './snapshot-rig.ts';

/** Declares and runs the suite, on so many random histories. */
export function snapshotHistorySuite(runs: number, timeoutMs: number) {
  const test = suite('one journal, equal indexes, with snapshots', { timeoutMs });

  test('whenever snapshots are written: an index made of the last one and the tail, and what the store tells without one', async () => {
    let rig: { registry: Registry; writing: SnapshotReplica };
    await checkHistories({
      runs,
      async open(registry) {
        const index = losableIndex();
        let minutes = 0;
        const now = () => 60_000 * minutes++;
        const writing = openSnapshotReplica(registry, { index, now });
        const second = openReplica(registry, { index });
        rig = { registry, writing };
        const close = async () => {
          await second.close();
          await index.close();
        };
        return [withRounds(writing, writing), { ...withRounds(second, writing), close }];
      },
      async rebuild([first]) {
        const { registry, writing } = rig;
        await sameFromTheSnapshot(registry, writing);
        await sameFromTheStore(registry, writing);
        await first.index.clear();
        await first.journal.catchUp({ open: true });
        assert.equal(writing.unread, []);
        assert.equal(writing.errors, []);
      },
    });
  });

  test.run();
}

/** A replica after some of whose changes a snapshot is written. */
function withRounds(replica: Replica, { writer }: SnapshotReplica): Replica {
  let changes = 0;
  const sometimes = async <T>(outcome: T): Promise<T> => {
    changes += 1;
    if (changes % 4 === 0) await writer.round();
    return outcome;
  };
  return {
    ...replica,
    publish: async (...given) => sometimes(await replica.publish(...given)),
    submit: async (event) => sometimes(await replica.submit(event)),
  };
}

/** An index of its own, filled from the last snapshot and the tail, says the same. */
async function sameFromTheSnapshot(registry: Registry, { index }: SnapshotReplica) {
  const fresh = openSnapshotReplica(registry);
  await fresh.journal.catchUp();
  assert.equal(await everything(fresh.index), await everything(index));
  assert.equal(fresh.errors, []);
  await fresh.close();
}

/** Without the index, every package is as the index has it. */
async function sameFromTheStore(registry: Registry, replica: SnapshotReplica) {
  const { journalStore: journal, versions, snapshots: store, index } = replica;
  const snapshots = { store, onUnread: (error: unknown) => replica.unread.push(error) };
  const reader = openStoreReader({ journal, versions, snapshots });
  for (const name of [...(await namesIn(index)), 'nobody' as PackageName]) {
    const { head, value } = await index.package(name);
    const told = value && { sequence: head?.sequence, value };
    assert.equal(await reader.package(name), told, `${name} in ${registry.repository(name).name}`);
  }
  reader.close();
}
