import { hkdfSync } from 'node:crypto';
import type { V2Parts } from '../api/v2/parts.ts';
import { createShortTokens } from '../auth/short-token.ts';
import type { Registry } from '../oci/port.ts';
import { uploadLocations } from '../oci/server/upload-location.ts';
import { actorOf } from '../registry/authenticate.ts';
import { openOciView } from '../registry/oci-view.ts';
import type { Parts } from '../registry/parts.ts';
import type { ServiceKey } from './service-key.ts';

const kidLength = 32;

/** What `/v2/` is served from: the storage behind the rules of the registry, and keys that every replica derives. */
export function v2Parts(
  parts: Parts,
  storage: Registry,
  { seed, fingerprint }: ServiceKey,
  publicUrl: string | undefined,
): V2Parts {
  return {
    open: (context) => openOciView(parts, storage, context),
    actorOf: (tokenSha256, options) => actorOf(parts, tokenSha256, options),
    tokens: createShortTokens({ seed, kid: fingerprint.slice(0, kidLength) }),
    locations: uploadLocations(derived(seed, 'upload locations of /v2/')),
    publicUrl,
  };
}

/** A key of 32 bytes for one purpose, from which no other one can be told (RFC 5869). */
function derived(seed: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', seed, '', `vitte-registry ${purpose}`, 32));
}
