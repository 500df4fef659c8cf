import { readToken } from '../client/credentials.ts';
import { openClient } from '../client/open-client.ts';
import type { RegistryClient } from '../client/port.ts';
import { defaultRegistryUrl, parseRegistryUrl, type RegistryUrl } from '../client/registry-url.ts';
import type { Invocation } from './command.ts';
import { homeOf } from './environment.ts';
import { packageVersion } from './package-version.ts';

export type OpenedRegistry = { client: RegistryClient; hasToken: boolean };

/** The registry that is meant: --registry, else VITTE_REGISTRY, else this machine's. Throws PKG_E_CONFIG. */
export function registryUrlOf({
  options,
  environment,
}: Pick<Invocation, 'options' | 'environment'>): RegistryUrl {
  const stated = options.text('registry') ?? environment.variables.VITTE_REGISTRY;
  return parseRegistryUrl(stated || defaultRegistryUrl);
}

/**
 * Runs `work` with a client of the registry that is meant, and closes it. Its token is --token, else
 * VITTE_TOKEN, else what the credential file holds for the URL. Throws PKG_E_CONFIG, PKG_E_TOKEN, PKG_E_FILE.
 */
export async function withRegistry<T>(
  invocation: Invocation,
  work: (registry: OpenedRegistry) => Promise<T>,
): Promise<T> {
  const { options, environment } = invocation;
  const url = registryUrlOf(invocation);
  const home = homeOf(environment);
  const token =
    options.text('token') ??
    (environment.variables.VITTE_TOKEN || (await readToken(url, { home })));
  const userAgent = `vitte/${packageVersion()} (node ${process.versions.node})`;
  const client = openClient({ url, token, home, userAgent });
  try {
    return await work({ client, hasToken: token !== undefined });
  } finally {
    await client.close();
  }
}
