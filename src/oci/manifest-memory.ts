import { isOciDigest } from '../core/digest.ts';
import type { Reference, StoredManifest } from './port.ts';
import type { ManifestReader } from './successors.ts';

/** What a copy keeps of the manifests that it read; the rest is read a second time when it is sent. */
const heldBytesMax = 64 * 1024 * 1024;

/** Reads manifests by digest and keeps them, so that a copy reads each once. */
export function rememberingReader(manifests: ManifestReader): ManifestReader {
  const held = new Map<Reference, StoredManifest>();
  let heldBytes = 0;
  return {
    async fetch(reference, options) {
      const known = held.get(reference);
      if (known) return known;
      const found = await manifests.fetch(reference, options);
      if (!found || !isOciDigest(reference) || heldBytes + found.bytes.length > heldBytesMax)
        return found;
      heldBytes += found.bytes.length;
      held.set(reference, found);
      return found;
    },
  };
}
