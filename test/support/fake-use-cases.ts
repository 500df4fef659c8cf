// The use cases of the API in memory, without archives, storage or index: what it is given is what it serves.
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { UseCases } from '../../src/api/use-cases.ts';
import { type Digest, digestOfHex, sha256, sha256Hex } from '../../src/core/digest.ts';
import { VitteError } from '../../src/core/errors.ts';
import type { JournalEvent } from '../../src/core/journal-entry.ts';
import { mediaTypes } from '../../src/core/media-types.ts';
import type { PackageName } from '../../src/core/name.ts';
import type { Requirement } from '../../src/core/requirement.ts';
import { compareVersions, type Version } from '../../src/core/version.ts';
import type { DeprecationRecord, OwnerRecord } from '../../src/index/port.ts';
import type { IndexDocument } from '../../src/registry/index-documents.ts';
import type {
  Answer,
  CallContext,
  FeedPage,
  PackageInfo,
  PackageSummary,
  PublishRequest,
  VersionInfo,
} from '../../src/registry/port.ts';
import { parseResolveRequest } from '../../src/resolve/request.ts';
import { resolve } from '../../src/resolve/resolve.ts';

export const fakeToken = `vit_${'A'.repeat(43)}000000`;
const fakeTime = '2026-11-01T00:00:00.000Z';
export const fakeStore = '0123456789abcdef0123456789abcdef';

type Kept = { info: VersionInfo; bytes: Uint8Array; bundles: Uint8Array[] };

export type FakeUseCases = UseCases & {
  /** Contexts of the calls so far, newest last. */
  contexts: CallContext[];
  /** What the last publish took before it ended, and how it ended. */
  lastPublish: { bytes: number; error?: unknown };
  /** Runs before each answer; a test may wait or throw there. */
  intercept: (verb: keyof UseCases, context?: CallContext) => Promise<void>;
  /** Replaces the body of downloads. */
  bodyOf: ((bytes: Uint8Array) => AsyncIterable<Uint8Array>) | undefined;
  readme: UseCases['readme'];
  /** Ends the waits for changes. */
  wake(): void;
  deprecations: Map<PackageName, DeprecationRecord>;
  people: Map<PackageName, OwnerRecord[]>;
};

export function fakeUseCases(): FakeUseCases {
  const packages = new Map<PackageName, Map<Version, Kept>>();
  const entries: FeedPage['entries'] = [];
  let waking = new AbortController();
  const documents = new Map<PackageName, IndexDocument>();
  journal({
    event: 'registry created',
    store: fakeStore,
    encoding: 'path',
    profile: 1,
    origin: 'registry.example/log',
    key: sha256Hex('key'),
  });
  journal({
    event: 'token made',
    token: '1',
    sha256: sha256Hex(fakeToken),
    account: 'admin',
    role: 'admin',
  });

  const fake: FakeUseCases = {
    contexts: [],
    lastPublish: { bytes: 0 },
    intercept: async () => {},
    bodyOf: undefined,
    wake() {
      waking.abort();
      waking = new AbortController();
    },
    deprecations: new Map(),
    people: new Map(),

    describe: (context) =>
      answer('describe', context, () => ({
        store: fakeStore,
        profile: 1,
        encoding: 'path',
        log: { origin: 'registry.example/log', keyFingerprint: sha256Hex('key') },
        sequence: entries.length,
      })),
    async publish(request, context) {
      fake.lastPublish = { bytes: 0 };
      try {
        return await publish(request, context);
      } catch (error) {
        fake.lastPublish.error = error;
        throw error;
      }
    },
    packageInfo: (name, context) =>
      answer('packageInfo', context, (): PackageInfo => {
        const versions = listed(name);
        const [latest] = versions;
        if (!latest) throw missing(name);
        const { sequence, publishedAt: createdAt } = latest;
        return {
          name,
          createdAt,
          owners: fake.people.get(name)?.map(({ account }) => account) ?? ['admin'],
          deprecation: fake.deprecations.get(name),
          downloads: new Map(versions.map(({ version }) => [version, 1])),
          sequence,
          latest,
          versions,
        };
      }),
    versionInfo: (name, version, context) =>
      answer('versionInfo', context, () => kept(name, version).info),
    list: ({ namespace, cursor, limit }, context) =>
      answer('list', context, () => {
        const all = [...packages.keys()].sort().filter((name) => inNamespace(name, namespace));
        const rest = all.filter((name) => cursor === undefined || name > cursor);
        const page = rest.slice(0, limit);
        const next = rest.length > limit ? page.at(-1) : undefined;
        return { packages: page.map(summary), total: all.length, next };
      }),
    search: ({ text, namespace, cursor, limit }, context) =>
      answer('search', context, () => {
        const hits = [...packages.keys()]
          .filter((name) => inNamespace(name, namespace) && name.includes(text))
          .sort();
        const from = Number(cursor ?? 0);
        const rows = hits.slice(from, from + limit).map((name) => ({ ...summary(name), score: 1 }));
        const next = from + limit < hits.length ? String(from + limit) : undefined;
        return { packages: rows, total: hits.length, next };
      }),
    openArchive: (name, version, range, context) =>
      answer('openArchive', context, () => {
        const { info, bytes } = kept(name, version);
        const part = range
          ? bytes.subarray(range.first, (range.last ?? bytes.length - 1) + 1)
          : bytes;
        return { info, size: bytes.length, body: fake.bodyOf?.(part) ?? pieces(part) };
      }),
    signatures: (name, version, context) =>
      answer('signatures', context, () => {
        const { info, bundles } = kept(name, version);
        return info.signatures.map((row, index) => ({
          digest: row.bundle,
          kid: row.kid,
          key: undefined,
          bundle: JSON.parse(Buffer.from(bundles[index] ?? []).toString()) as unknown,
        }));
      }),
    readme: (name, version, context) =>
      answer('readme', context, () => {
        const bytes = Buffer.from(`# ${kept(name, version).info.name}\n`);
        return { bytes, digest: sha256(bytes) };
      }),
    changes: ({ since, limit }, context) =>
      answer('changes', context, () => {
        const rows = shown(context, since, limit);
        const last = rows.at(-1)?.n ?? since;
        return { store: fakeStore, entries: rows, next: last < entries.length ? last : undefined };
      }),
    async nextChanges({ since, limit, timeoutMs }, context) {
      await fake.intercept('nextChanges', context);
      const rows = shown(context, since, limit);
      if (rows.length > 0) return rows;
      const awake = AbortSignal.any([waking.signal, ...(context.signal ? [context.signal] : [])]);
      await delay(timeoutMs, undefined, { signal: awake }).catch(() => {});
      context.signal?.throwIfAborted();
      return shown(context, since, limit);
    },
    yank: ({ name, version, yanked, reason }, context) =>
      answer('yank', context, () => {
        const { info } = kept(name, version);
        const changed = info.yanked !== yanked;
        info.yanked = yanked;
        if (yanked)
          info.yank = { sequence: 9, at: fakeTime, actor: 'admin', ...(reason ? { reason } : {}) };
        else delete info.yank;
        return { name, version, digest: info.digest, yanked, yank: info.yank, changed };
      }),
    deprecation: (name, context) =>
      answer('deprecation', context, () => {
        requireListed(name);
        return { name, deprecation: fake.deprecations.get(name) };
      }),
    deprecate: ({ name, message }, context) =>
      answer('deprecate', context, () => {
        requireListed(name);
        const changed = (fake.deprecations.get(name)?.message ?? '') !== message;
        if (message === '') fake.deprecations.delete(name);
        else fake.deprecations.set(name, { message, sequence: 9, at: fakeTime, actor: 'admin' });
        return { name, deprecation: fake.deprecations.get(name), changed };
      }),
    owners: (name, context) => answer('owners', context, () => ({ name, owners: peopleOf(name) })),
    setOwner: ({ name, account, role }, context) =>
      answer('setOwner', context, () => {
        const others = peopleOf(name).filter((owner) => owner.account !== account);
        const own = role ? [{ account, role, sequence: 9, at: fakeTime, actor: 'admin' }] : [];
        fake.people.set(name, [...others, ...own]);
        return { name, owners: peopleOf(name), changed: true };
      }),
    dependents: (name, { transitive, after, limit }, context) =>
      answer('dependents', context, () => {
        requireListed(name);
        const all = Array.from({ length: 5 }, (_, n) => ({
          name: `user-${n}` as PackageName,
          version: '1.0.0' as Version,
          requirement: '^1.0.0' as Requirement,
          scope: 'runtime' as const,
          on: name,
          depth: transitive ? 1 + n : 1,
        }));
        const from = after === undefined ? 0 : Number(after);
        const next = from + limit < all.length ? String(from + limit) : undefined;
        return { dependents: all.slice(from, from + limit), next, complete: true };
      }),
    dependencies: ({ name, version }, context) =>
      answer('dependencies', context, () => {
        kept(name, version);
        const leaf = {
          name: 'base' as PackageName,
          requirement: '^1.0.0',
          scope: 'runtime' as const,
          optional: true,
          features: ['fast'],
          version: undefined,
          repeated: false,
          dependencies: [],
        };
        const row = { ...leaf, optional: false, features: [], version: '1.0.0' as Version };
        const dependencies = [{ ...row, dependencies: [leaf, { ...row, repeated: true }] }];
        return { name, version, dependencies, complete: true };
      }),
    indexDocument: (name, context) => answer('indexDocument', context, () => indexDocument(name)),
    indexDocuments: (names, _bytesMax, context) =>
      answer('indexDocuments', context, () => ({
        documents: names.filter((name) => packages.has(name)).map(indexDocument),
        missing: names.filter((name) => !packages.has(name)),
        left: [],
      })),
    async resolve(request, context) {
      const { sequence } = await answer('resolve', context, () => undefined);
      const provider = { packages: (names: readonly PackageName[]) => names.map(factsOf) };
      const options = context.signal ? { signal: context.signal } : {};
      return { sequence, value: await resolve(parseResolveRequest(request), provider, options) };
    },
    async authenticate(token) {
      await fake.intercept('authenticate');
      if (token !== fakeToken) throw new VitteError('PKG_E_TOKEN', 'the token is not known here');
      return { account: 'admin', role: 'admin' };
    },
    async readiness() {
      await fake.intercept('readiness');
      return { ready: true, parts: [{ part: 'storage', ok: true }] };
    },
  };
  return fake;

  async function answer<T>(
    verb: keyof UseCases,
    context: CallContext,
    read: () => T,
  ): Promise<Answer<T>> {
    fake.contexts.push(context);
    await fake.intercept(verb, context);
    if (context.minSequence !== undefined && context.minSequence > entries.length) {
      throw new VitteError('PKG_E_SEQUENCE', 'this replica is not that far yet');
    }
    return { sequence: entries.length, value: read() };
  }

  async function publish(request: PublishRequest, context: CallContext) {
    fake.contexts.push(context);
    await fake.intercept('publish', context);
    const hash = createHash('sha256');
    const parts: Uint8Array[] = [];
    for await (const piece of request.archive) {
      fake.lastPublish.bytes += piece.length;
      hash.update(piece);
      parts.push(Uint8Array.from(piece));
    }
    const digest = digestOfHex(hash.digest('hex'));
    const standing = packages.get(request.name)?.get(request.version);
    if (standing && standing.info.archive.digest !== digest) {
      throw new VitteError('PKG_E_VERSION_EXISTS', 'another content stands there already');
    }
    const published = standing?.info ?? keep(request, digest, Buffer.concat(parts));
    const notAttached = standing
      ? request.bundles.map(({ bytes }) => ({
          digest: sha256(bytes),
          reason: 'signs another gzip',
        }))
      : [];
    return {
      sequence: entries.length,
      value: { created: standing === undefined, published, notAttached },
    };
  }

  function keep(request: PublishRequest, digest: Digest, bytes: Uint8Array): VersionInfo {
    const { name, version, kind } = request;
    const manifest = sha256(`${name}@${version} ${digest}`);
    const { n, at } = journal({ event: 'published', package: name, version, digest: manifest });
    const info: VersionInfo = {
      name,
      version,
      digest: manifest,
      archive: {
        digest,
        bytes: bytes.length,
        mediaType: mediaTypes[kind],
        fileName: `${name.replace('/', '-')}-${version}.${kind}`,
      },
      sequence: n,
      publishedAt: at,
      actor: 'admin',
      yanked: false,
      signatures: request.bundles.map((sent) => ({
        bundle: sha256(sent.bytes),
        kid: sha256Hex(sent.key ?? 'unknown').slice(0, 32),
        verified: sent.key !== undefined,
      })),
      readme: { digest: sha256('readme'), bytes: 10 },
      document: {
        schema: 'vitte.package.document.v1',
        name,
        version,
        kind: 'library',
        description: `What ${name} is for`,
        entry: 'src/lib.vit',
        manifest: 'vitte-package.json',
        archive: { tarSha256: sha256Hex(bytes), unpackedBytes: bytes.length, files: 1 },
        sourceSha256: sha256Hex('source'),
        registryChecksum: sha256Hex('checksum'),
      },
    };
    const versions = packages.get(name) ?? new Map<Version, Kept>();
    packages.set(name, versions);
    versions.set(version, { info, bytes, bundles: request.bundles.map((sent) => sent.bytes) });
    return info;
  }

  function journal(event: WithoutOrigin<JournalEvent>) {
    const n = entries.length + 1;
    const at = `2026-11-01T00:00:00.${String(n % 1_000).padStart(3, '0')}Z`;
    const entry = { n, at, id: `id-${n}`, actor: 'admin', ...event };
    entries.push(entry as FeedPage['entries'][number]);
    waking.abort();
    waking = new AbortController();
    return { n, at };
  }

  /** Entries as this caller may read them; the same object for the same one. */
  function shown({ actor }: CallContext, since: number, limit: number): FeedPage['entries'] {
    return entries
      .slice(since, since + limit)
      .map((entry) =>
        entry.event === 'token made' && actor.role === 'reader'
          ? { n: entry.n, at: entry.at, event: 'private' as const }
          : entry,
      );
  }

  function requireListed(name: PackageName) {
    if (!packages.has(name)) throw missing(name);
  }

  function peopleOf(name: PackageName): OwnerRecord[] {
    requireListed(name);
    const first = {
      account: 'admin',
      role: 'owner',
      sequence: 1,
      at: fakeTime,
      actor: 'admin',
    } as const;
    return fake.people.get(name) ?? [first];
  }

  /** The same object for the same content, as the use case promises. */
  function indexDocument(name: PackageName): IndexDocument {
    requireListed(name);
    const versions = listed(name).map(({ version, digest, archive, document, ...info }) => ({
      version,
      digest,
      archive: { digest: archive.digest, bytes: archive.bytes },
      kind: document.kind,
      publishedAt: info.publishedAt,
      yanked: info.yanked,
      dependencies: [],
      targets: [],
    }));
    const document = { schema: 'vitte.registry.index.v1', name, sequence: 3, versions };
    const bytes = Buffer.from(`${JSON.stringify(document)}\n`);
    const before = documents.get(name);
    const made = before?.bytes.equals(bytes) ? before : { name, bytes };
    documents.set(name, made);
    return made;
  }

  function factsOf(name: PackageName) {
    return packages.has(name) ? { name, versions: listed(name) } : undefined;
  }

  function kept(name: PackageName, version: Version): Kept {
    const found = packages.get(name)?.get(version);
    if (!found) throw missing(`${name}@${version}`);
    return found;
  }

  function listed(name: PackageName): VersionInfo[] {
    const rows = [...(packages.get(name)?.values() ?? [])].map(({ info }) => info);
    return rows.sort((a, b) => compareVersions(b.version, a.version));
  }

  function summary(name: PackageName): PackageSummary {
    const { version, publishedAt, yanked, document } = listed(name)[0]!;
    const { description, kind, license } = document;
    return { name, version, description, kind, license, publishedAt, yanked };
  }
}

type WithoutOrigin<T> = T extends unknown ? Omit<T, 'id' | 'actor'> : never;

function inNamespace(name: PackageName, namespace: string | undefined): boolean {
  return namespace === undefined || name.startsWith(`${namespace}/`);
}

async function* pieces(bytes: Uint8Array, size = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function missing(what: string) {
  return new VitteError('PKG_E_NOT_FOUND', `there is no ${what} here`);
}
