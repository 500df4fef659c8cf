import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** `forbidden` are addresses that no registry sends a client to: link-local ones, the metadata service's among them. */
export type AddressClass = 'public' | 'private' | 'forbidden';

/** How names become addresses, and what is thought of these. Tests give their own. */
export type Network = { lookup: LookupFunction; classify: (address: string) => AddressClass };

export const systemNetwork: Network = { lookup, classify: classifyAddress };

const forbiddenSubnets = [
  '169.254.0.0/16',
  '0.0.0.0/8', // Linux takes these for loopback
  '224.0.0.0/4',
  '240.0.0.0/4',
  '100.100.100.200/32', // metadata of Alibaba Cloud
  '168.63.129.16/32', // metadata of Azure
  '::/128',
  'fe80::/10',
  'ff00::/8',
  'fd00:ec2::/32', // metadata of AWS
];
const privateSubnets = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '192.0.0.0/24',
  '198.18.0.0/15',
  '::1/128',
  'fc00::/7',
  'fec0::/10',
  '64:ff9b:1::/48',
];
const forbidden = listOf(forbiddenSubnets);
const nonPublic = listOf(privateSubnets);

/** What kind of address this is; what is no address is forbidden. */
export function classifyAddress(address: string): AddressClass {
  const family = isIP(address);
  if (family === 0) return 'forbidden';
  const type = family === 4 ? 'ipv4' : 'ipv6';
  if (forbidden.check(address, type)) return 'forbidden';
  return nonPublic.check(address, type) ? 'private' : 'public';
}

/** Whether every address behind this host name is private. Rejects where the name can't be resolved. */
export async function isPrivateHost(network: Network, hostname: string): Promise<boolean> {
  const literal = literalAddress(hostname);
  const addresses = literal === undefined ? await resolveHost(network, hostname) : [literal];
  return addresses.every((address) => network.classify(address) !== 'public');
}

/**
 * A lookup that gives only addresses of these classes, and an error where a name has another one beside them. The
 * connection is made to the very addresses that were checked, so that a name can't change in between.
 */
export function guardedLookup(
  network: Network,
  allowed: (address: string) => boolean,
): LookupFunction {
  return (hostname, options, callback) => {
    network.lookup(hostname, { ...options, all: true }, (error, found) => {
      const addresses = Array.isArray(found) ? found : [];
      const refused = error ?? refusal(addresses, allowed);
      const [first] = addresses;
      if (refused || !first) callback(refused ?? new RefusedAddress(), '', 0);
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** Every address behind a name. Rejects where it can't be resolved. */
export function resolveHost(network: Network, hostname: string): Promise<string[]> {
  return new Promise((done, fail) => {
    network.lookup(hostname, { all: true }, (error, found) => {
      if (error) fail(error);
      else done(Array.isArray(found) ? found.map(({ address }) => address) : [found]);
    });
  });
}

/** The address that a URL's host name itself is; lookups are not asked for it. */
export function literalAddress(hostname: string): string | undefined {
  const text = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(text) === 0 ? undefined : text;
}

/** A name or address that a registry may not send us to. */
export class RefusedAddress extends Error {
  override name = 'RefusedAddress';
  readonly code = 'REFUSED_ADDRESS';
}

function refusal(addresses: { address: string }[], allowed: (address: string) => boolean) {
  return addresses.every(({ address }) => allowed(address)) ? undefined : new RefusedAddress();
}

/** IPv4 subnets count in IPv6 clothes as well: mapped (which BlockList knows) and behind NAT64. */
function listOf(subnets: string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', bits] = subnet.split('/');
    if (address.includes(':')) list.addSubnet(address, Number(bits), 'ipv6');
    else {
      list.addSubnet(address, Number(bits), 'ipv4');
      list.addSubnet(`64:ff9b::${address}`, 96 + Number(bits), 'ipv6');
    }
  }
  return list;
}
