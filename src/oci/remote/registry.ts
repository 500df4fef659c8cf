import { VitteError } from '../../core/errors.ts';
import { createRecent } from '../../core/recent.ts';
import { parseRepositoryName } from '../names.ts';
import type { Registry } from '../port.ts';
import { createAgents } from './agents.ts';
import { authorizing } from './auth.ts';
import { listRepositories } from './catalog.ts';
import { createClient, readAnswer } from './client.ts';
import { type Clock, systemClock } from './clock.ts';
import type { RemoteContext } from './context.ts';
import type { CredentialSource } from './credentials.ts';
import { asStorageError } from './errors.ts';
import { type RemoteLimits, remoteLimits } from './limits.ts';
import { createLocks } from './locks.ts';
import { type Network, systemNetwork } from './network.ts';
import { noProxies, type Proxies } from './proxies.ts';
import { followRedirects } from './redirect.ts';
import { createReferrers } from './referrers.ts';
import { openRemoteRepository } from './repository.ts';
import { createRetry } from './retry.ts';
import { parseStorageUrl } from './storage-url.ts';
import type { ClientCertificate } from './tls.ts';
import { createTransport, type HttpRequest } from './transport.ts';
import { createUploadHabits } from './upload-habits.ts';

export type RemoteRegistryOptions = {
  /** `oci://HOST/PREFIX` (TLS) or `oci+http://HOST/PREFIX`. */
  url: string;
  /** Who may tell user name and password; nobody where it is absent. */
  credentials?: CredentialSource;
  /** PEM of a private CA, trusted beside the platform's. */
  ca?: string;
  /** Shown to the registry itself, and to nobody else. */
  clientCertificate?: ClientCertificate;
  /** What requests go through (`proxiesOf`); nothing where it is absent. */
  proxies?: Proxies;
  /** Hosts that may be token realms at a private address although the registry's own is public. */
  realms?: readonly string[];
  /** Hosts, other than the registry's, that uploads may be sent to. */
  uploadHosts?: readonly string[];
  limits?: Partial<RemoteLimits>;
  /** Time and names: the platform's, but in tests. */
  clock?: Clock;
  network?: Network;
};

const knownBlobsMax = 8192;
const knownAgeMs = 10 * 60_000;
const recentManifestsMax = 512;
const recentManifestsBytesMax = 16 * 1024 * 1024;
/** A queued change is void after a minute; its tags are set well within two. */
const recentManifestsAgeMs = 2 * 60_000;

/**
 * A registry that speaks the OCI distribution API, with anonymous, Basic or Bearer access. Nothing is asked of it
 * before the first call. PKG_E_CONFIG for a URL that is none and for
 * certificates that are of no use. Its calls give the errors of the port.
 *
 * What was pushed or seen a short while ago is remembered: a blob that is there is not pushed again, and a tag for a
 * manifest just pushed is one request. Should another client delete such a blob meanwhile, the manifest that names
 * it is refused (PKG_E_STORAGE_ANSWER), the repository's memory is dropped, and the next attempt pushes it.
 *
 * Tags of a registry that can't delete them are removed by way of a placeholder (`untag.ts`).
 */
export function openRemoteRegistry(options: RemoteRegistryOptions): Registry {
  const { origin, prefix } = parseStorageUrl(options.url);
  const { clock = systemClock, network = systemNetwork } = options;
  const limits = { ...remoteLimits, ...options.limits };
  const uploadHosts = new Set(options.uploadHosts?.map((host) => host.toLowerCase()));
  const realms = options.realms?.map((host) => host.toLowerCase()) ?? [];
  const closing = new AbortController();
  const works = new Set<Promise<unknown>>();

  const privateHosts = new Set([...realms, ...uploadHosts]);
  const { ca, clientCertificate, proxies = noProxies } = options;
  const tls = { ca, clientCertificate };
  const agents = createAgents({ origin, ...tls, privateHosts, proxies, limits, network });
  const transport = createTransport(agents, limits);
  const retry = createRetry(limits, clock);
  const send = authorizing({
    origin,
    credentials: options.credentials ?? (async () => undefined),
    send: followRedirects(transport.send, limits.redirectsMax),
    exchange: exchangeForToken,
    clock,
  });
  const context: RemoteContext = {
    client: createClient({ send, retry, limits, clock, closed: closing.signal }),
    clock,
    limits,
    origin,
    uploadHosts,
    fullName(name) {
      const own = parseRepositoryName(name);
      // Registries bound the whole name.
      return prefix === '' ? own : parseRepositoryName(`${prefix}/${own}`);
    },
    url: (repository, path) => new URL(`${origin}/v2/${repository}/${path}`),
    blobs: createRecent({ entriesMax: knownBlobsMax, ageMs: knownAgeMs }, clock.now),
    manifests: createRecent(
      {
        entriesMax: recentManifestsMax,
        ageMs: recentManifestsAgeMs,
        bytesMax: recentManifestsBytesMax,
        bytesOf: ({ bytes }) => bytes.length,
      },
      clock.now,
    ),
    habits: createUploadHabits(limits, clock.now),
    pushes: createLocks(),
    closed: closing.signal,
    later(work) {
      const settled = work.catch(() => {}).finally(() => works.delete(settled));
      works.add(settled);
    },
  };
  const referrers = createReferrers(context);

  return {
    async referrersApi({ repository, ...callOptions } = {}) {
      const asked = repository === undefined ? undefined : context.fullName(repository);
      return referrers.supported(asked, callOptions);
    },
    repository: (name) => openRemoteRepository(context, referrers, name),
    async *repositories(callOptions) {
      const below = prefix === '' ? '' : `${prefix}/`;
      for await (const name of listRepositories(context, callOptions)) {
        if (name.startsWith(below)) yield name.slice(below.length);
      }
    },
    async close() {
      closing.abort(new VitteError('PKG_E_SHUTTING_DOWN', 'the storage was closed'));
      await atMost(limits.cleanupTimeoutMs, Promise.all(works));
      await transport.close();
    },
  };

  async function exchangeForToken(request: HttpRequest) {
    const what = 'give a token';
    try {
      return await retry(async () => {
        return readAnswer(await transport.send(request), { limits, clock, what });
      });
    } catch (error) {
      throw asStorageError(error, what);
    }
  }
}

async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
