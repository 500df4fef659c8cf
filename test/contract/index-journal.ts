// A journal for tests of the index: made-up events, numbered, timed and chained as the writer does it.
import { type Digest, sha256 } from '../../src/core/digest.ts';
import type { PackageDocument } from '../../src/core/document.ts';
import type { Entry, JournalEvent, JournalHead } from '../../src/core/journal-entry.ts';
import type { PackageName } from '../../src/core/name.ts';
import type { Dependency } from '../../src/core/package-manifest.ts';
import type { PackageRole } from '../../src/core/people.ts';
import type { Requirement } from '../../src/core/requirement.ts';
import type { Version } from '../../src/core/version.ts';
import type { VersionFacts } from '../../src/core/version-facts.ts';
import type { AppliedEntry, ApplyStep, QueueItem } from '../../src/index/port.ts';

/** An event before it has a place in the journal, with what the index needs beside it. */
export type Planned = { event: Unplaced } & Omit<AppliedEntry, 'entry'>;
type Unplaced = JournalEvent | { id: string; actor: string; event: 'unknown'; fields: object };

export type PublishOptions = {
  runtime?: Record<string, string>;
  development?: Record<string, string>;
  description?: string;
};

/** Makes ids of events that may come again. */
let counter = 0;
const first = Date.parse('2026-11-22T10:00:00.000Z');

/** A journal that grows by steps; each begins at the head where the one before ended. */
export function openTestJournal() {
  let head: JournalHead | undefined;
  return {
    head: () => head,
    /** The next step, with these events as its entries. Each call is a batch. */
    step(planned: Planned[], outcomes: ApplyStep['outcomes'] = []): ApplyStep {
      const before = head;
      const entries = planned.map(({ event, ...beside }, index): AppliedEntry => {
        const n = (before?.sequence ?? 0) + index + 1;
        const at = new Date(first + n * 1_000).toISOString();
        const entry = (
          event.event === 'unknown'
            ? { ...event, n, at, fields: { ...event.fields, n, at } }
            : { ...event, n, at }
        ) as Entry;
        return { entry, ...beside };
      });
      const sequence = (before?.sequence ?? 0) + entries.length;
      const ordinal = (before?.ordinal ?? -1) + 1;
      head = { sequence, ordinal, term: '1-a', batch: sha256(`${before?.batch} ${sequence}`) };
      return { before, after: head, entries, outcomes };
    },
  };
}

export function registryCreated(store = 'f'.repeat(32)): Planned {
  const id = `registry-${store}`;
  const event = { id, actor: 'root', event: 'registry created', store, encoding: 'path' } as const;
  return { event: { ...event, profile: 1, origin: 'vitte.test/log', key: 'a'.repeat(64) } };
}

export function created(name: string, owner = 'ann'): Planned {
  const id = `created-${name}-${owner}`;
  const event = 'package created';
  return {
    event: { id, actor: owner, event, package: name as PackageName, owner, visibility: 'public' },
  };
}

export function published(name: string, version: string, options: PublishOptions = {}): Planned {
  const facts = factsOf(name, version, options);
  const event: JournalEvent = {
    id: `published-${name}-${version}`,
    actor: 'ann',
    event: 'published',
    package: name as PackageName,
    version: version as Version,
    digest: facts.digest,
  };
  return { event, facts };
}

/** A signature added by a key to a version. */
export function attached(name: string, version: string, key = 'd'): Planned {
  const bundle = sha256(`bundle ${name}@${version} by ${key}`);
  const event: JournalEvent = {
    id: `attached-${name}-${version}-${key}`,
    actor: 'ann',
    event: 'attached',
    package: name as PackageName,
    version: version as Version,
    digest: digestOf(name, version),
    bundles: [bundle],
  };
  return { event, signatures: [{ bundle, kid: key.repeat(32), verified: true }] };
}

export function voided(name: string, version: string): Planned {
  const event: JournalEvent = {
    id: `voided-${name}-${version}`,
    actor: 'registry',
    event: 'voided',
    package: name as PackageName,
    version: version as Version,
    digest: digestOf(name, version),
    reason: 'content lost',
  };
  return { event };
}

export function yanked(name: string, version: string, reason?: string): Planned {
  return { event: { ...yankEvent(name, version, 'yanked'), ...(reason ? { reason } : {}) } };
}

export function unyanked(name: string, version: string): Planned {
  return { event: yankEvent(name, version, 'unyanked') };
}

function yankEvent<E extends 'yanked' | 'unyanked'>(name: string, version: string, event: E) {
  return {
    id: `${event}-${name}-${version}-${counter++}`,
    actor: 'ann',
    event,
    package: name as PackageName,
    version: version as Version,
    digest: digestOf(name, version),
  };
}

export function deprecated(name: string, message: string): Planned {
  const id = `deprecated-${name}-${counter++}`;
  return {
    event: { id, actor: 'ann', event: 'deprecated', package: name as PackageName, message },
  };
}

/** An account with this role from now on, or without one. */
export function owner(name: string, account: string, role?: PackageRole): Planned {
  const id = `owner-${name}-${account}-${counter++}`;
  const common = { id, actor: 'ann', event: 'owner', package: name as PackageName } as const;
  return role
    ? { event: { ...common, account, change: 'added', role } }
    : { event: { ...common, account, change: 'removed' } };
}

export function tokenMade(token: string, account = 'ann'): Planned {
  const event = 'token made';
  const id = `token-${token}-${account}`;
  return { event: { id, actor: 'root', event, token, sha256: token, account, role: 'admin' } };
}

/** An event of a later release. */
export function unknown(name: string): Planned {
  const fields = { id: `starred-${name}`, actor: 'bob', event: 'package starred', package: name };
  return { event: { id: fields.id, actor: 'bob', event: 'unknown', fields } };
}

/** A queued publish of this version. */
export function queueItem(name: string, version = '1.0.0', id?: string): QueueItem {
  const { event, facts } = published(name, version);
  const named = { ...(event as JournalEvent), ...(id === undefined ? {} : { id }) };
  return { id: named.id, event: named, role: 'admin', facts: facts as VersionFacts, readAt: 0 };
}

export function factsOf(name: string, version: string, options: PublishOptions = {}): VersionFacts {
  const { runtime, development, description } = options;
  const tarSha256 = sha256(`tar ${name}@${version}`).slice('sha256:'.length);
  const document: PackageDocument = {
    schema: 'vitte.package.document.v1',
    name: name as PackageName,
    version: version as Version,
    kind: 'library',
    ...(description === undefined ? {} : { description }),
    entry: 'src/lib.vit',
    ...(runtime ? { dependencies: rows(runtime) } : {}),
    ...(development ? { devDependencies: rows(development) } : {}),
    manifest: 'vitte-package.json',
    archive: { tarSha256, unpackedBytes: 10, files: 1 },
    sourceSha256: tarSha256,
    registryChecksum: tarSha256,
  };
  return {
    version: version as Version,
    digest: digestOf(name, version),
    archive: {
      digest: sha256(`archive ${name}@${version}`),
      bytes: 100,
      mediaType: 'application/vnd.vitte.vitmod.v1.tar+gzip',
      tarSha256,
    },
    signatures: [
      { bundle: sha256(`bundle ${name}@${version}`), kid: 'c'.repeat(32), verified: true },
    ],
    document,
  };
}

function digestOf(name: string, version: string): Digest {
  return sha256(`manifest ${name}@${version}`);
}

function rows(table: Record<string, string>): Dependency[] {
  return Object.entries(table).map(([name, requirement]) => ({
    name: name as PackageName,
    requirement: requirement as Requirement,
    source: 'registry',
  }));
}
