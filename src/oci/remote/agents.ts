import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher, Pool, ProxyAgent } from 'undici';
import type { RemoteLimits } from './limits.ts';
import {
  guardedLookup,
  isPrivateHost,
  literalAddress,
  type Network,
  RefusedAddress,
  resolveHost,
} from './network.ts';
import type { Proxies } from './proxies.ts';
import { type TlsOptions, tlsContexts } from './tls.ts';

/** The connections of one registry. */
export type Agents = {
  /** What a request to this URL goes over. Rejects with a RefusedAddress, or an error of a name's resolution. */
  of(url: URL): Promise<Dispatcher>;
  /** How the names of a URL's host are resolved for a connection of another kind; undefined behind a proxy. */
  direct(url: URL): Promise<LookupFunction | undefined>;
  close(): Promise<void>;
};

export type AgentOptions = TlsOptions & {
  /** The registry's own origin, whose address the operator chose. All others are the registry's word. */
  origin: string;
  /** Hosts (`host` or `host:port`) that may have a private address, whatever the registry's own is. */
  privateHosts: ReadonlySet<string>;
  proxies: Proxies;
  limits: RemoteLimits;
  network: Network;
};

/**
 * What the registry sends us to (token realms, redirects, upload locations) is connected to only at a public address,
 * and at a private one where the registry itself has one or the operator listed the host; never at a link-local one.
 * The connection is made to the address that was checked. Behind a proxy it can not be: the proxy resolves the name
 * anew. An address that stands in the URL is judged all the same, and a name as far as it can be resolved here; where
 * it can not be, the proxy's own rules are what holds. PKG_E_CONFIG for certificates that are none.
 */
export function createAgents(options: AgentOptions): Agents {
  const { origin, limits, network, proxies } = options;
  const tls = tlsContexts(options);
  const { hostname: ownHost } = new URL(origin);
  const isAllowed = {
    public: (address: string) => network.classify(address) === 'public',
    private: (address: string) => network.classify(address) !== 'forbidden',
  };
  const home = direct(tls.own);
  const outside = {
    public: direct(tls.others, isAllowed.public),
    private: direct(tls.others, isAllowed.private),
  };
  const proxied = new Map<string, ProxyAgent>();

  return {
    async of(url) {
      const proxy = proxies(url);
      if (url.origin === origin) return proxy ? through(proxy, tls.own) : home;
      const kind = await reach(url, proxy !== undefined);
      const literal = literalAddress(url.hostname);
      if (literal !== undefined && !isAllowed[kind](literal)) throw new RefusedAddress();
      if (!proxy) return outside[kind];
      if (literal === undefined) await checkName(url.hostname, isAllowed[kind]);
      return through(proxy, tls.others);
    },

    async direct(url) {
      if (proxies(url)) return undefined;
      if (url.origin === origin) return network.lookup;
      const kind = await reach(url, false);
      const literal = literalAddress(url.hostname);
      if (literal !== undefined && !isAllowed[kind](literal)) throw new RefusedAddress();
      return guardedLookup(network, isAllowed[kind]);
    },

    async close() {
      const all = [home, outside.public, outside.private, ...proxied.values()];
      await Promise.all(all.map((agent) => agent.destroy()));
    },
  };

  /** What kinds of addresses the registry may send us to under this host. */
  async function reach(url: URL, behindProxy: boolean): Promise<'public' | 'private'> {
    const { privateHosts } = options;
    if (privateHosts.has(url.host) || privateHosts.has(url.hostname)) return 'private';
    try {
      return (await isPrivateHost(network, ownHost)) ? 'private' : 'public';
    } catch (error) {
      // Behind a proxy the registry's own name may be one that only the proxy knows.
      if (behindProxy) return 'public';
      throw error;
    }
  }

  async function checkName(hostname: string, allowed: (address: string) => boolean) {
    const addresses = await resolveHost(network, hostname).catch(() => []);
    if (!addresses.every(allowed)) throw new RefusedAddress();
  }

  function direct(
    secureContext: typeof tls.own,
    allowed?: (address: string) => boolean,
  ): Dispatcher {
    const lookup = allowed ? guardedLookup(network, allowed) : network.lookup;
    return new Agent({
      ...common(),
      connect: {
        timeout: limits.connectTimeoutMs,
        lookup,
        ...(secureContext && { secureContext }),
      },
    });
  }

  function through(proxy: URL, secureContext: typeof tls.own): Dispatcher {
    const key = `${secureContext === tls.own ? 'own' : 'others'} ${proxy.href}`;
    const known = proxied.get(key);
    if (known) return known;
    const timeout = limits.connectTimeoutMs;
    // Left to itself it would take its own limits for the connections to the proxy.
    const pool = (url: URL, others: object) => new Pool(url, { ...others, ...common() });
    const agent = new ProxyAgent({
      factory: pool,
      clientFactory: pool,
      ...common(),
      uri: proxy.href,
      connectTimeout: timeout,
      requestTls: { timeout, ...(secureContext && { secureContext }) },
      proxyTls: {
        timeout,
        lookup: network.lookup,
        ...(tls.others && { secureContext: tls.others }),
      },
    });
    proxied.set(key, agent);
    return agent;
  }

  function common() {
    return {
      connections: limits.connectionsMax,
      // One HTTP/2 session would make all transfers share one window.
      allowH2: false,
      headersTimeout: limits.headersTimeoutMs,
      bodyTimeout: limits.bodyIdleTimeoutMs,
    };
  }
}
