import { BlockList, isIP } from 'node:net';
import { VitteError } from '../../core/errors.ts';
import { literalAddress } from './network.ts';

/** The proxies that requests go through, by the scheme of their URL; undefined: straight to where they go. */
export type Proxies = (url: URL) => URL | undefined;

export const noProxies: Proxies = () => undefined;

/** The variables that name proxies, as far as they are set. */
export type ProxyVariables = Readonly<Record<string, string>>;

const variableForm = /^(?:https?|no)_proxy$/i;

/** Those of an environment, as they stand there: whoever goes nowhere need not care what they hold. */
export function proxyVariables(
  environment: Readonly<Record<string, string | undefined>>,
): ProxyVariables {
  const found: Record<string, string> = {};
  for (const [name, text] of Object.entries(environment)) {
    if (variableForm.test(name) && text) found[name] = text;
  }
  return found;
}

const variables = { 'http:': 'HTTP_PROXY', 'https:': 'HTTPS_PROXY' } as const;
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * The proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name, in lower case first. NO_PROXY holds, between commas or
 * blanks: `*`; a host, which means those below it too, with or without a dot before it; an address; a subnet
 * (`10.0.0.0/8`); each of the first three perhaps with a port. This machine itself is never reached through a proxy.
 * PKG_E_CONFIG for a proxy that is no http or https URL; its value may hold a password and is not told.
 */
export function proxiesOf(environment: Readonly<Record<string, string | undefined>>): Proxies {
  const read = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const proxies = {
    'http:': parseProxy(variables['http:'], read(variables['http:'])),
    'https:': parseProxy(variables['https:'], read(variables['https:'])),
  };
  const rules = (read('NO_PROXY') ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  const exempt = rules.map(parseExemption);
  return (url) => {
    const proxy = proxies[url.protocol as keyof typeof proxies];
    if (!proxy) return undefined;
    const host = hostOf(url);
    const near = host === 'localhost' || contains(loopback, host);
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    return near || exempt.some((matches) => matches(host, port)) ? undefined : proxy;
  };
}

function parseProxy(name: string, text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  // As curl and Go do, a proxy without a scheme is spoken to in the clear.
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new VitteError('PKG_E_CONFIG', `${name} is no URL of an HTTP proxy`, {
    help: 'http://HOST:PORT or https://HOST:PORT; SOCKS proxies are not spoken to',
  });
}

type Exemption = (host: string, port: string) => boolean;

function parseExemption(entry: string): Exemption {
  const subnet = /^([^/]+)\/(\d{1,3})$/.exec(entry);
  if (subnet) return inSubnet(subnet[1] ?? '', Number(subnet[2]));
  const [, name = entry, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [];
  const host = name
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/^(?:\*?\.)(?=.)/, '')
    .replace(/(?<=.)\.$/, '');
  return (asked, askedPort) => {
    if (port !== undefined && port !== askedPort) return false;
    return host === '*' || asked === host || (isIP(asked) === 0 && asked.endsWith(`.${host}`));
  };
}

function inSubnet(address: string, bits: number): Exemption {
  const list = new BlockList();
  try {
    list.addSubnet(address, bits, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  } catch {
    return () => false; // an entry that makes no sense exempts nothing, as with Go
  }
  return (host) => contains(list, host);
}

function contains(list: BlockList, host: string): boolean {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

function hostOf({ hostname }: URL): string {
  return literalAddress(hostname) ?? hostname.toLowerCase().replace(/(?<=.)\.$/, '');
}
