// Where adapters are constructed: settings in, use cases out.
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Token } from '../auth/token.ts';
import { isVitteError, VitteError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { StepObserver } from '../core/publish-steps.ts';
import { openMemoryIndex } from '../index/memory.ts';
import type { Index } from '../index/port.ts';
import { openRedisIndex } from '../index/redis/redis-index.ts';
import { openSearch } from '../index/search.ts';
import { openOciLayoutStore } from '../oci/layout.ts';
import type { LayoutLock } from '../oci/layout-lock.ts';
import type { Registry } from '../oci/port.ts';
import { dockerCredentials } from '../oci/remote/docker-config.ts';
import type { RemoteLimits } from '../oci/remote/limits.ts';
import { openRemoteRegistry } from '../oci/remote/registry.ts';
import { initialise } from '../registry/initialise.ts';
import { makeToken } from '../registry/make-token.ts';
import type { Parts } from '../registry/parts.ts';
import { openJournalStore } from '../storage/journal-store.ts';
import { openVersionStore } from '../storage/version-store.ts';
import { createJournal } from '../sync/journal.ts';
import { createReader } from '../sync/reader.ts';
import { createSearchFollower } from '../sync/search-follower.ts';
import { watchForOthers } from '../sync/sole-owner.ts';
import { bindUseCases } from './bind-use-cases.ts';
import type { Composed } from './composed.ts';
import type { Config } from './config.ts';
import { makeFirstToken } from './first-token.ts';
import type { Logger } from './logger.ts';
import { loadServiceKey } from './service-key.ts';

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
    const { created } = await initialise(parts, serviceKey, { signal: ending.signal });
    const token = await makeFirstToken(parts, config, created);
    await parts.searchFollower.follow();
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
        parts.onError(error);
      }
    }
  }
}

/**
 * Makes the index anew from the journal, and counts what it holds; undefined for a store without a registry. The
 * store is not written to.
 */
export async function rebuildIndex(
  config: Config,
  logger: Logger,
  signal: AbortSignal | undefined,
): Promise<{ store: string; sequence: number; packages: number } | undefined> {
  const options = signal ? { signal } : {};
  const { parts, close } = await open(config, logger, { ...options, create: false });
  try {
    await parts.index.clear(options);
    const head = await parts.journal.catchUp({ ...options, open: true });
    const { value: record } = await parts.index.store();
    if (!head || !record) return undefined;
    const { total: packages } = (await parts.index.packages({ limit: 1 })).value;
    return { store: record.store, sequence: head.sequence, packages };
  } finally {
    await close();
  }
}

/** Makes a token in a store that no server has open. Throws PKG_E_STORE_MISSING where it holds no registry. */
export async function makeStoreToken(
  config: Config,
  logger: Logger,
  signal: AbortSignal | undefined,
): Promise<Token> {
  const options = signal ? { signal } : {};
  const { parts, close } = await open(config, logger, { ...options, create: false });
  try {
    if (await parts.journal.catchUp({ ...options, open: true })) return await makeToken(parts);
    throw new VitteError('PKG_E_STORE_MISSING', 'the storage holds no registry');
  } finally {
    await close();
  }
}

type Opened = {
  parts: Parts;
  lock: LayoutLock | undefined;
  fatal: Promise<VitteError>;
  /** Before anything is read that the index keeps. */
  begin(): Promise<void>;
  close(): Promise<void>;
};

async function open(
  config: Config,
  logger: Logger,
  options: ComposeOptions & { create?: boolean },
): Promise<Opened> {
  const { promise: fatal, resolve: onFatal } = Promise.withResolvers<VitteError>();
  const storage = await openStorage(config, options);
  const index = await openIndex(config).catch(async (error) => {
    await storage.registry.close();
    throw error;
  });
  const onError = loggedOnce(logger);
  const store = openJournalStore(storage.registry);
  const alone = config.storage.kind === 'remote' && config.index.kind === 'memory';
  const watch = alone ? watchForOthers(store, onFatal) : undefined;
  const journalStore = watch?.store ?? store;
  const versions = openVersionStore(storage.registry);
  const { observe } = options;
  const common = { versions, index, onError, ...(observe ? { observe } : {}) };
  const journal = createJournal({ ...common, journal: journalStore, now: Date.now, onFatal });
  const search = openSearch();
  const parts: Parts = {
    ...common,
    journalStore,
    journal,
    reader: createReader(index, journal),
    search,
    searchFollower: createSearchFollower(index, search),
  };
  return {
    parts,
    lock: storage.lock,
    fatal,
    begin: async () => watch?.begin(),
    async close() {
      watch?.close();
      await journal.close();
      await index.close();
      await storage.registry.close();
    },
  };
}

async function openStorage(
  config: Config,
  options: ComposeOptions & { create?: boolean },
): Promise<{ registry: Registry; lock: LayoutLock | undefined }> {
  const { storage, storageAuthFile, storageCaFile } = config;
  if (storage.kind === 'layout') {
    const { signal, create = true } = options;
    const layout = await openOciLayoutStore(storage.dir, { create, ...(signal ? { signal } : {}) });
    return { registry: layout, lock: layout.lock };
  }
  const registry = openRemoteRegistry({
    url: storage.url,
    credentials: dockerCredentials(storageAuthFile.path, { required: storageAuthFile.named }),
    ...(storageCaFile === undefined ? {} : { ca: await readFile(storageCaFile, 'utf8') }),
    realms: config.storageRealms,
    uploadHosts: config.storageUploadHosts,
    ...(options.storageLimits ? { limits: options.storageLimits } : {}),
  });
  return { registry, lock: undefined };
}

async function openIndex({ index }: Config): Promise<Index> {
  return index.kind === 'memory' ? openMemoryIndex() : openRedisIndex({ url: index.url });
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
