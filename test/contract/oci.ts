import { suite } from '../support/suite.ts';
import { blobCases } from './oci-blobs.ts';
import { manifestCases } from './oci-manifests.ts';
import { stagedCases } from './oci-staged.ts';
import type { OpenRegistry, WithRegistry } from './oci-support.ts';

/**
 * Everything that the port of OCI storage promises (`src/oci/port.ts`), for each adapter and view. `open` gives a
 * registry in which the repositories of this suite hold nothing.
 */
export function ociContract(name: string, open: OpenRegistry): void {
  const test = suite(`OCI contract: ${name}`);
  const withRegistry: WithRegistry = (work) => async () => {
    const { registry, close } = await open();
    try {
      await work(registry, registry.repository('demo-lib'));
    } finally {
      await close();
    }
  };
  blobCases(test, withRegistry);
  stagedCases(test, withRegistry);
  manifestCases(test, withRegistry);
  test.run();
}
