// Our own client on our own server: `/v2/` of the embedded store is a registry as any other.
import { randomUUID } from 'node:crypto';
import { openRemoteRegistry } from '../../src/oci/remote/registry.ts';
import { ociContract } from '../contract/oci.ts';
import { serveForAll } from '../support/shared-server.ts';

const server = await serveForAll();

ociContract('remote, on our own /v2/ over the embedded store', async () => {
  const registry = openRemoteRegistry({
    url: `oci+http://${server.host}/t${randomUUID().slice(0, 8)}`,
    credentials: async () => ({ username: 'any', password: server.token }),
  });
  return { registry, close: () => registry.close() };
});
