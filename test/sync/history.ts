// Whatever is published, yanked, deprecated and given to whom: every index that follows the journal says the same.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { JournalEvent } from '../../src/core/journal-entry.ts';
import type { PackageName } from '../../src/core/name.ts';
import type { Outcome } from '../../src/index/port.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { Registry } from '../../src/oci/port.ts';
import { sampleVersion } from '../support/sample-version.ts';
import { openDocuments } from './documents.ts';
import { openReplica, type Replica } from './replica.ts';

type Deed = {
  kind: 'publish' | 'yank' | 'unyank' | 'deprecate' | 'lift' | 'add' | 'remove';
  name: string;
  version: string;
  on: string;
  account: string;
  /** Which replica is asked. */
  at: number;
};

const names = ['a', 'b', 'ns/c'];
const deed: fc.Arbitrary<Deed> = fc.record({
  kind: fc.constantFrom(
    ...(['publish', 'publish', 'publish', 'yank', 'yank', 'yank', 'unyank'] as const),
    ...(['deprecate', 'lift', 'add', 'remove'] as const),
  ),
  name: fc.constantFrom(...names),
  version: fc.constantFrom('1.0.0', '2.0.0-rc.1', '2.0.0'),
  on: fc.constantFrom(...names),
  account: fc.constantFrom('admin', 'bob', 'zoe'),
  at: fc.nat({ max: 1 }),
});
/** Deeds of one group are asked for at the same time. */
const history = fc.array(fc.array(deed, { minLength: 1, maxLength: 6 }), {
  minLength: 4,
  maxLength: 8,
});

export type Histories = {
  /** Opens two replicas on a store; what one writes the other must see. */
  open(registry: Registry): Promise<[Replica, Replica]>;
  /** Makes both forget what they know and read the journal anew. */
  rebuild(replicas: [Replica, Replica]): Promise<void>;
  runs: number;
};

/** Checks random histories. Throws for the first whose documents differ. */
export async function checkHistories({ open, rebuild, runs }: Histories): Promise<void> {
  const property = fc.asyncProperty(history, async (groups) => {
    const registry = createMemoryStore();
    const replicas = await open(registry);
    const documents = replicas.map(openDocuments);
    try {
      await replicas[0].submit(registryCreated());
      for (const group of groups) await Promise.all(group.map((one) => act(replicas, one)));
      await replicas[1].journal.catchUp({ open: true });
      const told = await documents[0]!.read();
      assert.equal(await documents[1]!.read(), told, 'the other replica');
      assert.equal(await readAnew(registry), told, 'an index in memory that reads the journal');
      await rebuild(replicas);
      for (const { read } of documents) assert.equal(await read(), told, 'after a rebuild');
    } finally {
      for (const { close } of documents) await close();
      for (const replica of replicas) await replica.close();
    }
  });
  await fc.assert(property, { numRuns: runs });
}

/** What a replica says that was not there while all this happened. */
async function readAnew(registry: Registry): Promise<object> {
  const replica = openReplica(registry);
  const documents = openDocuments(replica);
  await replica.journal.catchUp({ open: true });
  const told = await documents.read();
  await documents.close();
  await replica.close();
  return told;
}

async function act(replicas: [Replica, Replica], deed: Deed): Promise<Outcome> {
  const replica = replicas[deed.at]!;
  const { kind, name, version, on } = deed;
  const sample = sampleVersion(
    name,
    version,
    `${name} ${version}`,
    on === name ? {} : { [on]: '^1.0.0' },
  );
  if (kind === 'publish') return replica.publish(sample);
  return replica.submit(eventOf(deed, sample.manifest.digest));
}

function eventOf(
  { kind, name, version, account, on }: Deed,
  digest: Extract<JournalEvent, { event: 'yanked' }>['digest'],
): JournalEvent {
  const common = { id: randomUUID(), actor: 'admin', package: name as PackageName };
  const { version: of } = sampleVersion(name, version).facts;
  switch (kind) {
    case 'yank':
      return {
        ...common,
        event: 'yanked',
        version: of,
        digest,
        ...(on === 'a' ? {} : { reason: on }),
      };
    case 'unyank':
      return { ...common, event: 'unyanked', version: of, digest };
    case 'deprecate':
      return { ...common, event: 'deprecated', message: `use ${on}` };
    case 'add': {
      const role = on === 'b' ? 'maintainer' : 'owner';
      return { ...common, event: 'owner', account, change: 'added', role };
    }
    case 'remove':
      return { ...common, event: 'owner', account, change: 'removed' };
    default:
      return { ...common, event: 'deprecated', message: '' };
  }
}

function registryCreated(): JournalEvent {
  const key = 'a'.repeat(64);
  const store = 'f'.repeat(32);
  const common = { id: randomUUID(), actor: 'registry', event: 'registry created' } as const;
  return { ...common, store, encoding: 'path', profile: 1, origin: 'vitte.test/log', key };
}
