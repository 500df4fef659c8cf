// Where adapters are constructed: settings in, use cases out. Those that a configuration may not need are loaded when
// it does: their modules are half of a start.
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Token } from '../auth/token.ts';
import { isVitteError, VitteError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { StepObserver } from '../core/publish-steps.ts';
import { openMemoryIndex } from '../index/memory.ts';
import type { Index } from '../index/port.ts';
import type { IndexRebuild, RebuildMode } from '../index/rebuild-port.ts';
import { openSearch } from '../index/search.ts';
import { openOciLayoutStore } from '../oci/layout.ts';
import type { LayoutLock } from '../oci/layout-lock.ts';
import type { Registry } from '../oci/port.ts';
import type { RemoteLimits } from '../oci/remote/limits.ts';
import { type Proxies, proxiesOf } from '../oci/remote/proxies.ts';
import { countedRegistry, type ReadCounts } from '../oci/views/counted.ts';
import { openIndexDocuments } from '../registry/index-documents.ts';
import { initialise } from '../registry/initialise.ts';
import { makeToken } from '../registry/make-token.ts';
import type { Parts } from '../registry/parts.ts';
import { openResolvePool } from '../resolve/pool.ts';
import { openJournalStore } from '../storage/journal-store.ts';
import { openSnapshotStore } from '../storage/snapshots.ts';
import type { StoreForm } from '../storage/store-form.ts';
import { openVersionStore } from '../storage/version-store.ts';
import { openDownloadCounter } from '../sync/download-counter.ts';
import { openFeedTail } from '../sync/feed-tail.ts';
import { createJournal } from '../sync/journal.ts';
import { createReader } from '../sync/reader.ts';
import type { RebuildStore } from '../sync/rebuild.ts';
import { createSearchFollower } from '../sync/search-follower.ts';
import { openSearchReadmes } from '../sync/search-readmes.ts';
import { createSnapshotter, type Snapshotter } from '../sync/snapshotter.ts';
import { watchForOthers } from '../sync/sole-owner.ts';
import { openStoreReader } from '../sync/store-reader.ts';
import { bindUseCases } from './bind-use-cases.ts';
import type { Composed } from './composed.ts';
import type { Config } from './config.ts';
import { makeFirstToken } from './first-token.ts';
import type { Logger } from './logger.ts';
import { type Adapter, type OpenedStorage, openStorage } from './open-storage.ts';
import { type RebuildOptions, type Rebuilt, rebuildFrom } from './rebuild-index.ts';
import { resolverBounds } from './resolver-bounds.ts';
import { loadServiceKey } from './service-key.ts';
import type { StoragePlace } from './storage-routes.ts';
import { v2Parts } from './v2-parts.ts';

export type ComposeOptions = {
  signal?: AbortSignal;
  /** Told of each step of a publish; tests end the process there. */
  observe?: StepObserver;
  /** Bounds of a remote storage that are not the usual; a test's client has less patience. */
  storageLimits?: Partial<RemoteLimits>;
};

/** A part that is away at the start is asked for again so often, and an error is logged again so often. */
const startRetryMs = 1_000;
const errorRepeatMs = 10_000;
/** A start that took longer had to read much: the next one shall not. */
const longStartMs = 1_000;

/**
 * Opens the store, brings the index to the journal's end, and binds the use cases. Where a remote storage or Redis
 * is away, it goes on trying in the background and its use cases say 503 meanwhile. Throws PKG_E_STORE_LOCKED when
 * another process has the folder, PKG_E_CONFIG when the store belongs to another service key.
 */
export async function compose(
  config: Config,
  logger: Logger,
  options: ComposeOptions = {},
): Promise<Composed> {
  const serviceKey = await loadServiceKey(config.secretFile.path, {
    make: !config.secretFile.named,
  });
  const opened = await open(config, logger, options);
  const { parts, fatal } = opened;
  const ending = new AbortController();
  const start = async () => {
    await opened.begin();
    const from = performance.now();
    const { created } = await initialise(parts, serviceKey, { signal: ending.signal });
    opened.snapshotter.begin({ soon: performance.now() - from > longStartMs });
    const token = await makeFirstToken(parts, config, created);
    // It takes a while where there are many packages: the first search waits for it, nothing else does.
    parts.searchFollower.follow().catch((error) => {
      if (!ending.signal.aborted) parts.onError(error);
    });
    return token;
  };
  let starting: Promise<unknown> = Promise.resolve();
  try {
    const token = await start().catch((error) => {
      if (!isAway(error) || config.storage.kind === 'layout') throw error;
      starting = startLater(error);
      return undefined;
    });
    if (opened.lock) opened.lock.onRequest = (request) => answerLocal(parts, request);
    return {
      useCases: bindUseCases(parts),
      tail: parts.tail,
      v2: v2Parts(parts, opened.registry, serviceKey, config.publicUrl),
      ...(token ? { firstStart: { token } } : {}),
      fatal,
      async close() {
        ending.abort(new VitteError('PKG_E_SHUTTING_DOWN', 'the server is shutting down'));
        await starting;
        await opened.close();
      },
    };
  } catch (error) {
    await opened.close();
    throw error;
  }

  /** Tries until the parts are there. A token that is made this late is nobody's: the operator makes one. */
  async function startLater(first: unknown) {
    parts.onError(first);
    while (!ending.signal.aborted) {
      try {
        await delay(startRetryMs, undefined, { signal: ending.signal });
        await start();
        return;
      } catch (error) {
        if (ending.signal.aborted) return;
        // What is wrong for good, such as another encoding than the store's, is told by stopping.
        if (isVitteError(error) && !isAway(error)) return opened.onFatal(error);
        parts.onError(error);
      }
    }
  }
}

/** Makes the index of a store anew, and says what it holds; undefined for a store without a registry. */
export async function rebuildIndex(
  config: Config,
  logger: Logger,
  signal: AbortSignal | undefined,
  options: Omit<RebuildOptions, 'signal'> = {},
): Promise<Rebuilt | undefined> {
  const callOptions = signal ? { signal } : {};
  const opened = await openStore(config, logger, callOptions);
  try {
    const made = await openIndexRebuild(config, options.deep ? 'deep' : 'snapshots');
    try {
      return await rebuildFrom(opened, made, openMemoryIndex, { ...options, ...callOptions });
    } finally {
      await made.close();
    }
  } finally {
    await opened.close();
  }
}

/** Opens a store that exists, as whoever looks after it needs it: no journal is written, and what is read is counted. */
export async function openStore(
  config: Config,
  logger: Logger,
  options: ComposeOptions = {},
): Promise<OpenedStore> {
  const {
    form,
    lock,
    registry: inner,
  } = await openStorageAlone(config, {
    ...options,
    create: false,
  });
  const { registry, counts } = countedRegistry(inner);
  return {
    registry,
    form,
    counts,
    journal: openJournalStore(registry, form.profile),
    versions: openVersionStore(registry),
    snapshots: openSnapshotStore(registry, { profile: form.profile, tidies: lock !== undefined }),
    onError: loggedOnce(logger),
    close: () => inner.close(),
  };
}

/** An index to be made anew beside the one that the settings name; one of this process's own where that is `memory:`. */
export async function openIndexRebuild(
  { index: place }: Config,
  mode: RebuildMode,
): Promise<IndexRebuild> {
  if (place.kind === 'redis') {
    const { openRedisRebuild } = await import('../index/redis/redis-rebuild.ts');
    return openRedisRebuild({ url: place.url }, mode);
  }
  const index = openMemoryIndex();
  return { index, replace: async () => true, close: () => index.close() };
}

/** Makes a token in a store that no server has open. Throws PKG_E_STORE_MISSING where it holds no registry. */
export async function makeStoreToken(
  config: Config,
  logger: Logger,
  signal: AbortSignal | undefined,
): Promise<Token> {
  const options = signal ? { signal } : {};
  return withParts(config, logger, options, async (parts) => {
    if (await parts.journal.catchUp({ ...options, open: true })) return makeToken(parts);
    throw new VitteError('PKG_E_STORE_MISSING', 'the storage holds no registry');
  });
}

/** Does work with the parts of the service, and with the storage as it is, where no service runs in this process. */
export async function withParts<T>(
  config: Config,
  logger: Logger,
  options: { signal?: AbortSignal },
  work: (parts: Parts, registry: Registry) => Promise<T>,
): Promise<T> {
  const { parts, registry, close } = await open(config, logger, { ...options, create: false });
  try {
    await parts.form.check(options);
    return await work(parts, registry);
  } finally {
    await close();
  }
}

/** Opens the storage as the service has it, and nothing else. */
export function openStorageAlone(
  config: Config,
  options: ComposeOptions & { create?: boolean } = {},
): Promise<OpenedStorage> {
  const proxies = () => proxiesOf(config.proxies);
  return openStorage(config, (place) => openAdapter(place, { ...options, proxies }));
}

export type OpenedStore = RebuildStore & {
  registry: Registry;
  form: StoreForm;
  counts: ReadCounts;
  close(): Promise<void>;
};

type Opened = {
  parts: Parts;
  snapshotter: Snapshotter;
  registry: Registry;
  lock: LayoutLock | undefined;
  fatal: Promise<VitteError>;
  /** Before anything is read that the index keeps. */
  begin(): Promise<void>;
  onFatal(error: VitteError): void;
  close(): Promise<void>;
};

async function open(
  config: Config,
  logger: Logger,
  options: ComposeOptions & { create?: boolean },
): Promise<Opened> {
  const { promise: fatal, resolve: onFatal } = Promise.withResolvers<VitteError>();
  const storage = await openStorageAlone(config, options);
  const index = await openIndex(config).catch(async (error) => {
    await storage.registry.close();
    throw error;
  });
  const onError = loggedOnce(logger);
  const store = openJournalStore(storage.registry, storage.form.profile);
  const alone = config.storage.kind === 'remote' && config.index.kind === 'memory';
  const watch = alone ? watchForOthers(store, onFatal) : undefined;
  const journalStore = watch?.store ?? store;
  const versions = openVersionStore(storage.registry);
  const { observe } = options;
  const common = { versions, index, onError, ...(observe ? { observe } : {}) };
  const tidies = storage.lock !== undefined;
  const snapshots = openSnapshotStore(storage.registry, { profile: storage.form.profile, tidies });
  const journal = createJournal({
    ...common,
    journal: journalStore,
    snapshots,
    now: Date.now,
    onFatal,
  });
  const storeReader = openStoreReader({
    journal: journalStore,
    versions,
    snapshots: { store: snapshots, onUnread: onError },
  });
  const search = openSearch();
  const readmes = openSearchReadmes({
    search,
    read: versions.readme,
    shelf: index.readmes,
    onError,
  });
  const reader = createReader(index, journal);
  const tail = openFeedTail(index, reader);
  const downloads = openDownloadCounter(index, onError);
  const parts: Parts = {
    ...common,
    journalStore,
    form: storage.form,
    journal,
    reader,
    search,
    searchFollower: createSearchFollower(index, search, { readmes }),
    tail,
    downloads,
    indexDocuments: openIndexDocuments(reader, tail),
    resolver: openResolvePool(resolverBounds()),
    ...(index.onDoubt ? { storeReader } : {}),
  };
  const snapshotter = createSnapshotter({
    ...common,
    journal: journalStore,
    snapshots,
    knownBatch: journal.knownBatch,
    leads: journal.leads,
    flushDownloads: downloads.flush,
    async names() {
      await parts.searchFollower.follow().catch(() => {}); // what is new waits for the next round
      return search.names();
    },
  });
  return {
    parts,
    snapshotter,
    registry: storage.registry,
    lock: storage.lock,
    fatal,
    begin: async () => watch?.begin(),
    onFatal,
    async close() {
      watch?.close();
      await parts.resolver.close();
      await tail.close();
      await downloads.close();
      await journal.close();
      await snapshotter.close();
      await parts.searchFollower.close();
      await index.close();
      storeReader.close();
      await storage.registry.close();
    },
  };
}

async function openAdapter(
  place: StoragePlace,
  options: ComposeOptions & { create?: boolean; proxies: () => Proxies },
): Promise<Adapter> {
  const { address, authFile, caFile, realms, uploadHosts } = place;
  if (address.kind === 'layout') {
    const { signal, create = true } = options;
    const layout = await openOciLayoutStore(address.dir, { create, ...(signal ? { signal } : {}) });
    return { registry: layout, lock: layout.lock };
  }
  const [{ openRemoteRegistry }, { dockerCredentials }] = await Promise.all([
    import('../oci/remote/registry.ts'),
    import('../oci/remote/docker-config.ts'),
  ]);
  const registry = openRemoteRegistry({
    url: address.url,
    credentials: dockerCredentials(authFile.path, { required: authFile.named }),
    ...(caFile === undefined ? {} : { ca: await readFile(caFile, 'utf8') }),
    ...(await clientCertificate(place)),
    proxies: options.proxies(),
    realms,
    uploadHosts,
    ...(options.storageLimits ? { limits: options.storageLimits } : {}),
  });
  return { registry };
}

async function clientCertificate({ certFile, keyFile = certFile }: StoragePlace) {
  if (certFile === undefined && keyFile === undefined) return {};
  if (certFile === undefined || keyFile === undefined) {
    throw new VitteError('PKG_E_CONFIG', 'storage-key-file: is the key of no storage-cert-file');
  }
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  return { clientCertificate: { cert, key } };
}

export async function openIndex({ index }: Config): Promise<Index> {
  if (index.kind === 'memory') return openMemoryIndex();
  const { openRedisIndex } = await import('../index/redis/redis-index.ts');
  return openRedisIndex({ url: index.url });
}

/** Logs an error of the background; the same one over and over only now and then. */
function loggedOnce(logger: Logger): (error: unknown) => void {
  const last = { code: '', at: 0 };
  return (error) => {
    const code = isVitteError(error) ? error.code : String(error);
    const at = Date.now();
    if (code === last.code && at - last.at < errorRepeatMs) return;
    Object.assign(last, { code, at });
    logger.error({ err: error }, 'background work failed');
  };
}

function isAway(error: unknown): boolean {
  return isVitteError(error) && (error.kind === 'unavailable' || error.kind === 'upstream');
}

/** What another process of the same user may ask over the folder's lock. */
async function answerLocal(parts: Parts, request: JsonObject): Promise<JsonObject> {
  if (request.request === 'token create') return { token: await makeToken(parts) };
  throw new VitteError('PKG_E_REQUEST', 'the server does not know this request');
}
