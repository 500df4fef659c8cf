import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOciLayoutStore } from '../../src/oci/layout.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { Registry } from '../../src/oci/port.ts';
import { flatRegistry } from '../../src/oci/views/flat.ts';
import { routedRegistry } from '../../src/oci/views/routed.ts';
import { singleRegistry } from '../../src/oci/views/single.ts';
import { type Opening, ociContract } from '../contract/oci.ts';
import { remoteOnDockerRegistry } from '../support/docker-registry.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { remoteOnForeignRegistry } from '../support/foreign-registry.ts';

ociContract('memory', async () => opened(createMemoryStore()));
ociContract('layout', openLayout);
ociContract('remote, on docker-registry', await remoteOnDockerRegistry());
ociContract('remote, on a registry with the Referrers API', remoteOnForeignRegistry);
ociContract('view that injects faults, with none', async () =>
  opened(faultRegistry(createMemoryStore(), () => 'ok')),
);
ociContract('encoding flat, over memory', async () => opened(flatRegistry(createMemoryStore())));
ociContract('encoding single, over memory', single(createMemoryStore));
ociContract('storages by namespace, over memory', async () =>
  opened(routedRegistry(createMemoryStore(), new Map([['roussov', createMemoryStore()]]))),
);

function single(inner: () => Registry): Opening {
  const open = async () => opened(singleRegistry(inner(), 'packages'));
  return Object.assign(open, { exceptions: new Set(['shared-content'] as const) });
}

function opened(registry: Registry) {
  return { registry, close: () => registry.close() };
}

async function openLayout() {
  const folder = await mkdtemp(join(tmpdir(), 'vitte-test-layout-'));
  const registry = await openOciLayoutStore(folder);
  const close = async () => {
    await registry.close();
    await rm(folder, { recursive: true });
  };
  return { registry, close };
}
