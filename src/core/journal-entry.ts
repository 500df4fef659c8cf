import { type Digest, parseDigest } from './digest.ts';
import { VitteError } from './errors.ts';
import { isJsonObject, type JsonValue } from './json.ts';
import { type PackageName, parsePackageName } from './name.ts';
import type { PackageRole } from './people.ts';
import type { StorageEncoding } from './storage-encoding.ts';
import { parseVersion, type Version } from './version.ts';

/**
 * What an entry says, apart from its place in the journal. `id` is made by the replica that was asked and is
 * journaled once; `actor` is an account id. Event names are part of the format: they are what the feed shows.
 */
export type JournalEvent = { id: string; actor: string } & (
  | {
      event: 'registry created';
      /** Random id of the store: 32 hex digits. */
      store: string;
      /** How the default storage writes names, and by which profile manifests are made: for ever. */
      encoding: StorageEncoding;
      profile: number;
      /** Origin line of the transparency log, fixed for ever. */
      origin: string;
      /** Fingerprint of the service's key: hex SHA-256 of its SPKI DER. */
      key: string;
    }
  | { event: 'package created'; package: PackageName; owner: string; visibility: 'public' }
  | {
      event: 'published';
      package: PackageName;
      version: Version;
      digest: Digest;
      /** Digests of the signature referrers' manifests, in the order they were sent. Absent when unsigned. */
      bundles?: Digest[];
    }
  | {
      /** Signatures added to a version that was published before. */
      event: 'attached';
      package: PackageName;
      version: Version;
      digest: Digest;
      bundles: Digest[];
    }
  | { event: 'voided'; package: PackageName; version: Version; digest: Digest; reason: string }
  | {
      /** No requirement chooses it any more; an exact fetch goes on. Of a yanked version: another reason. */
      event: 'yanked';
      package: PackageName;
      version: Version;
      digest: Digest;
      /** Absent where none was given. */
      reason?: string;
    }
  | {
      event: 'unyanked';
      package: PackageName;
      version: Version;
      digest: Digest;
      reason?: string;
    }
  | {
      /** The package is not to be used in new work; an empty message lifts that. */
      event: 'deprecated';
      package: PackageName;
      message: string;
    }
  | {
      /** What an account may do with a package from here on. */
      event: 'owner';
      package: PackageName;
      account: string;
      change: 'added' | 'removed';
      /** Of one that was added: the role it has now, whatever it had before. */
      role?: PackageRole;
    }
  | {
      event: 'token made';
      /** The token's id, its hex SHA-256, whose it is and what it may do. */
      token: string;
      sha256: string;
      account: string;
      role: 'admin';
    }
);

/**
 * An event with its number (from 1, without gaps) and the server's time (RFC 3339 in UTC with milliseconds,
 * never earlier than the entry before).
 */
export type JournalEntry = JournalEvent & { n: number; at: string };

/** An event that this release does not know: kept, shown, skipped. */
export type UnknownEntry = {
  n: number;
  at: string;
  id: string;
  actor: string;
  event: 'unknown';
  fields: { [key: string]: JsonValue };
};

export type Entry = JournalEntry | UnknownEntry;

/** Where the journal ends: the number of its last entry and the batch that holds it. */
export type JournalHead = {
  sequence: number;
  /** Digest of the last batch's manifest. */
  batch: Digest;
  term: string;
  /** Number of the last batch within its term, from 0. */
  ordinal: number;
};

/** True for entries whose leaf in the public log is the entry itself rather than a commitment to it. */
export function isPublic(entry: { event: string }): boolean {
  return entry.event !== 'token made';
}

/** What is stored and shown of an entry: an unknown one as it came. */
export function entryFields(entry: Entry): { [key: string]: JsonValue | undefined } {
  return entry.event === 'unknown' && 'fields' in entry ? entry.fields : entry;
}

/** Reads an entry as it was stored. `n` is the number that it must have. Throws PKG_E_STORE_FORMAT. */
export function parseEntry(value: JsonValue, n: number): Entry {
  const texts = isJsonObject(value) ? [value.at, value.id, value.actor, value.event] : [];
  if (!isJsonObject(value) || value.n !== n || texts.some((text) => typeof text !== 'string')) {
    throw new VitteError('PKG_E_STORE_FORMAT', `journal entry ${n} is malformed`);
  }
  const check = eventChecks[value.event as string];
  if (!check) {
    const { at, id, actor } = value as { at: string; id: string; actor: string };
    return { n, at, id, actor, event: 'unknown', fields: value };
  }
  try {
    for (const [field, parse] of Object.entries(check)) parse(value[field]);
  } catch (cause) {
    throw new VitteError('PKG_E_STORE_FORMAT', `journal entry ${n} is malformed`, { cause });
  }
  return value as JournalEntry;
}

type FieldCheck = (value: JsonValue | undefined) => unknown;
const text: FieldCheck = (value) => requireText(value);
const name: FieldCheck = (value) => parsePackageName(requireText(value));
const version: FieldCheck = (value) => parseVersion(requireText(value));
const digest: FieldCheck = (value) => parseDigest(requireText(value));
const optionalText: FieldCheck = (value) => value === undefined || requireText(value);
const optionalDigests: FieldCheck = (value) => {
  if (value === undefined) return;
  if (!Array.isArray(value)) throw new TypeError('not a list');
  for (const item of value) digest(item);
};

const eventChecks: Record<string, Record<string, FieldCheck>> = {
  'registry created': { store: text, encoding: text, origin: text, key: text },
  'package created': { package: name, owner: text },
  published: { package: name, version, digest, bundles: optionalDigests },
  attached: { package: name, version, digest, bundles: optionalDigests },
  voided: { package: name, version, digest },
  yanked: { package: name, version, digest, reason: optionalText },
  unyanked: { package: name, version, digest, reason: optionalText },
  deprecated: { package: name, message: text },
  owner: { package: name, account: text, change: text, role: optionalText },
  'token made': { token: text, sha256: text, account: text, role: text },
};

function requireText(value: JsonValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError('not a string');
  return value;
}
