import type { ShortTokens } from '../../auth/short-token.ts';
import type { Registry } from '../../oci/port.ts';
import type { UploadLocations } from '../../oci/server/upload-location.ts';
import type { Actor, CallContext } from '../../registry/port.ts';

/** What `/v2/` needs beside the use cases, made by composition. */
export type V2Parts = {
  /** The storage as this caller may see and change it. */
  open(context: CallContext): Registry;
  /** Whose the token with this hash is. Throws PKG_E_TOKEN. */
  actorOf(tokenSha256: string, options: { signal?: AbortSignal }): Promise<Actor>;
  tokens: ShortTokens;
  locations: UploadLocations;
  /** Where the operator says that the registry is; else it is where the client found it. */
  publicUrl: string | undefined;
};

/** What tokens are asked for in the name of. */
export const tokenService = 'vitte-registry';
