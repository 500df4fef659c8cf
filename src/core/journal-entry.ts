import type { Digest } from './digest.ts';
import type { PackageName } from './name.ts';
import type { Version } from './version.ts';

/**
 * What an entry says, apart from its place in the journal. `id` is made by the replica that was asked and is
 * journaled once; `actor` is an account id. Event names are those of the design: they are what the feed shows.
 */
export type JournalEvent = { id: string; actor: string } & (
  | {
      event: 'registry created';
      /** Random id of the store: 32 hex digits. */
      store: string;
      encoding: 'path';
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
  | { event: 'voided'; package: PackageName; version: Version; digest: Digest; reason: string }
  | {
      event: 'token made';
      /** The token's id, its hex SHA-256, whose it is and what it may do. */
      token: string;
      sha256: string;
      account: string;
      role: 'admin';
    }
);

/** An event with its number (from 1, without gaps) and the server's time (RFC 3339, milliseconds, never earlier than the entry before). */
export type JournalEntry = JournalEvent & { n: number; at: string };

/** An event this release does not know: kept, shown, skipped. */
export type UnknownEntry = { n: number; at: string; id: string; actor: string; event: string };

/** Where the journal ends: the number of its last entry and the batch that holds it. */
export type JournalHead = {
  sequence: number;
  /** Digest of the last batch's manifest. */
  batch: Digest;
  term: string;
  /** Number of the last batch within its term, from 0. */
  ordinal: number;
};

/** True for entries whose leaf in the public log is the entry itself rather than a commitment. */
export function isPublicEvent(event: Pick<JournalEvent, 'event'>): boolean {
  return event.event !== 'token made';
}
