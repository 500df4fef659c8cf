// The contract of OCI storage on registries that are built from Go: each is one more line.
import { openRemoteRegistry } from '../../src/oci/remote/registry.ts';
import { type Opening, ociContract } from '../contract/oci.ts';
import type { RegistryException } from '../contract/oci-support.ts';
import { type GoRegistry, startDistribution, startReferrersRegistry } from './go-registry.ts';

const distribution = await startDistribution();
const withReferrers = await startReferrersRegistry();

ociContract('remote, on distribution 3', on(distribution, 'torn-delete'));
ociContract(
  "remote, on go-containerregistry's registry",
  on(withReferrers, 'blobs-everywhere', 'tags-stay', 'plain-uploads'),
);

function on(registry: GoRegistry, ...exceptions: RegistryException[]): Opening {
  const open = async () => {
    const opened = openRemoteRegistry({ url: registry.storage(), limits: { retryBaseMs: 20 } });
    return { registry: opened, close: () => opened.close() };
  };
  return Object.assign(open, { exceptions: new Set(exceptions) });
}
