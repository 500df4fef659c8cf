import { homedir } from 'node:os';
import { join } from 'node:path';
import type { CallOptions } from './port.ts';
import type { CredentialSource } from './remote/credentials.ts';
import { dockerCredentials } from './remote/docker-config.ts';

/** What one may show to a registry; the members are those of oras-go's `Credential`. */
export type Credential = {
  username?: string;
  password?: string;
  /** An OAuth2 refresh token, Docker's "identity token". */
  refreshToken?: string;
  /** A bearer token that is shown as it is. */
  accessToken?: string;
};

/** Where credentials are kept. `registry` is `HOST` or `HOST:PORT`. */
export type CredentialStore = {
  get(registry: string, options?: CallOptions): Promise<Credential | undefined>;
};

/** The stores that are ready-made; any object with a `get` is one. */
export const CredentialStore = {
  /**
   * Those of Docker: of `path`, else of the folder DOCKER_CONFIG, else of `~/.docker/config.json`, helper programs
   * included. A file that is missing holds none, unless `path` names it: PKG_E_CONFIG when it is asked.
   */
  docker(path?: string): CredentialStore {
    const folder = process.env.DOCKER_CONFIG || join(homedir(), '.docker');
    const find = dockerCredentials(path ?? join(folder, 'config.json'), {
      required: path !== undefined,
    });
    return {
      async get(registry, options) {
        const found = await find(registry, options);
        if (!found) return undefined;
        const { identityToken, registryToken, ...pair } = found;
        return {
          ...pair,
          ...(identityToken === undefined ? {} : { refreshToken: identityToken }),
          ...(registryToken === undefined ? {} : { accessToken: registryToken }),
        };
      },
    };
  },

  /** One credential, for one registry and no other. */
  static(registry: string, credential: Credential): CredentialStore {
    const own = registry.toLowerCase();
    return { get: async (asked) => (asked.toLowerCase() === own ? credential : undefined) };
  },
} as const;

/** The same store as the remote adapter asks it. */
export function credentialSource(store: CredentialStore): CredentialSource {
  return async (host, options) => {
    const found = await store.get(host, options);
    if (!found) return undefined;
    const { refreshToken, accessToken, ...pair } = found;
    return {
      ...pair,
      ...(refreshToken === undefined ? {} : { identityToken: refreshToken }),
      ...(accessToken === undefined ? {} : { registryToken: accessToken }),
    };
  };
}
