import { suite } from '../support/suite.ts';
import { blobCases } from './oci-blobs.ts';
import { manifestCases } from './oci-manifests.ts';
import { stagedCases } from './oci-staged.ts';
import type { OpenRegistry, RegistryException, WithRegistry } from './oci-support.ts';
import { uploadCases } from './oci-uploads.ts';

/** How each case gets its registry, and what the program behind it can't promise. */
export type Opening = OpenRegistry & { exceptions?: ReadonlySet<RegistryException> };

/**
 * Everything that the port of OCI storage promises (`src/oci/port.ts`), for each adapter and view. `open` gives a
 * registry in which the repositories of this suite hold nothing, or says why there is none to be had.
 */
export function ociContract(name: string, open: Opening | { missing: string }): void {
  const test = suite(`OCI contract: ${name}`);
  if ('missing' in open) {
    test.skip(open.missing);
    test.run();
    return;
  }
  const { exceptions = new Set() } = open;
  const withRegistry: WithRegistry = (work) => async () => {
    const { registry, close } = await open();
    try {
      await work(registry, registry.repository('demo-lib'));
    } finally {
      await close();
    }
  };
  blobCases(test, withRegistry, exceptions);
  stagedCases(test, withRegistry);
  if (!exceptions.has('plain-uploads')) uploadCases(test, withRegistry);
  manifestCases(test, withRegistry, exceptions);
  test.run();
}
