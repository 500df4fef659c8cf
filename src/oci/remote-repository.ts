import { type CredentialStore, credentialSource } from './credential-store.ts';
import type { Reference } from './port.ts';
import { parseReference } from './reference.ts';
import { proxiesOf } from './remote/proxies.ts';
import { openRemoteRegistry, type RemoteRegistryOptions } from './remote/registry.ts';
import { Target } from './target.ts';

export type RemoteRepositoryOptions = Pick<
  RemoteRegistryOptions,
  'ca' | 'clientCertificate' | 'proxies' | 'realms' | 'uploadHosts' | 'limits'
> & {
  /** HTTP instead of HTTPS. */
  plainHttp?: boolean;
  /** Nobody's where it is not said: `CredentialStore.docker()` gives those of `docker login`. */
  credentials?: CredentialStore;
};

/**
 * A repository of a registry that speaks the OCI distribution API. Nothing is asked of it before the first call.
 * Proxies are those of HTTP_PROXY, HTTPS_PROXY and NO_PROXY unless others are given.
 */
export class RemoteRepository extends Target {
  /** The tag or digest of the reference that it was made with, where that had one. */
  readonly reference: Reference | undefined;

  /** From `REGISTRY/REPOSITORY`, also with tag or digest. PKG_E_REPOSITORY_NAME, PKG_E_TAG, PKG_E_CONFIG. */
  constructor(text: string, options: RemoteRepositoryOptions = {}) {
    const { plainHttp = false, credentials, ...others } = options;
    const { registry: host, repository, reference } = parseReference(text);
    const registry = openRemoteRegistry({
      proxies: proxiesOf(process.env),
      ...others,
      url: `${plainHttp ? 'oci+http' : 'oci'}://${host}`,
      ...(credentials ? { credentials: credentialSource(credentials) } : {}),
    });
    const origin = `${plainHttp ? 'http' : 'https'}://${host.toLowerCase()}`;
    super(registry.repository(repository), origin, () => registry.close());
    this.reference = reference;
  }
}
