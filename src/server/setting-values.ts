// What the text of a setting means. Each parser throws an Error whose message says what is wrong with the value;
// who calls it says which setting that is.
import { resolve } from 'node:path';
import {
  isManifestProfile,
  type ManifestProfile,
  manifestProfiles,
} from '../core/manifest-profile.ts';
import { type StorageEncoding, storageEncodings } from '../core/storage-encoding.ts';
import { parseRedisUrl } from '../index/redis/url.ts';
import { parseStorageUrl } from '../oci/remote/storage-url.ts';

export type SettingContext = { cwd: string };
export type ListenAddress = { host: string; port: number };
export type LogLevel = (typeof logLevels)[number];

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};
const drainMsMax = 3_600_000;

/** `HOST:PORT`, an IPv6 address in brackets. */
export function listenAddress(text: string): ListenAddress {
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z._-]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535) {
    throw new Error(`${quoted(text)} is not HOST:PORT, such as 127.0.0.1:7878 or [::1]:7878`);
  }
  return { host, port };
}

/** True where only this machine reaches the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

export type StorageAddress = { kind: 'layout'; dir: string } | { kind: 'remote'; url: string };
export type IndexAddress = { kind: 'memory' } | { kind: 'redis'; url: string };

/** The value is not repeated: an address of a storage or an index may hold a password. */
export function storageAddress(text: string, context: SettingContext): StorageAddress {
  const dir = /^layout:(.+)$/.exec(text)?.[1];
  if (dir !== undefined) return { kind: 'layout', dir: absolutePath(dir, context) };
  if (!/^oci(?:\+http)?:/.test(text)) {
    throw new Error('is none of layout:DIR, oci://HOST/PREFIX and oci+http://HOST/PREFIX');
  }
  parseStorageUrl(text);
  return { kind: 'remote', url: text };
}

export function storageEncoding(text: string): StorageEncoding {
  const encoding = storageEncodings.find((known) => known === text);
  if (encoding) return encoding;
  throw new Error(`${quoted(text)} is none of ${storageEncodings.join(', ')}`);
}

export function manifestProfile(text: string): ManifestProfile {
  const profile = /^\d{1,3}$/.test(text) ? Number(text) : undefined;
  if (isManifestProfile(profile)) return profile;
  throw new Error(`${quoted(text)} is none of ${manifestProfiles.join(', ')}`);
}

/** The value is not repeated, as with the storage. */
export function indexAddress(text: string): IndexAddress {
  if (text === 'memory:') return { kind: 'memory' };
  parseRedisUrl(text);
  return { kind: 'redis', url: text };
}

/** Host names, or host:port, with commas between them. */
export function hostList(text: string): string[] {
  const hosts = text.split(',').map((host) => host.trim().toLowerCase());
  if (!hosts.every((host) => /^(?:\[[0-9a-f:.]+\]|[0-9a-z._-]+)(?::\d{1,5})?$/.test(host))) {
    throw new Error('is not a list of hosts, such as auth.example:8443,other.example');
  }
  return hosts;
}

/** Without a slash at its end. */
export function publicUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new Error('is not an http:// or https:// URL');
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new Error('has a user, a password, a query or a fragment');
  }
  return (url.origin + url.pathname).replace(/\/+$/, '');
}

export function absolutePath(text: string, { cwd }: SettingContext): string {
  if (text.includes('\0')) throw new Error('is not a path');
  return resolve(cwd, text);
}

export function logLevel(text: string): LogLevel {
  const level = logLevels.find((known) => known === text);
  if (level === undefined) throw new Error(`${quoted(text)} is none of ${logLevels.join(', ')}`);
  return level;
}

/** A number of bytes from 1, or of KiB, MiB or GiB. */
export function byteCount(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,15}) ?([KMG]iB)?$/i.exec(text) ?? [];
  const bytes = Number(digits) * (byteUnits[unit.toLowerCase()] ?? Number.NaN);
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new Error(`${quoted(text)} is not a number of bytes, such as 1048576 or 1GiB`);
  }
  return bytes;
}

export function milliseconds(text: string): number {
  const ms = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(ms <= drainMsMax)) {
    throw new Error(`${quoted(text)} is not a number of milliseconds up to ${drainMsMax}`);
  }
  return ms;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
