// Where adapters are constructed: settings in, use cases out.
import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { UseCases } from '../api/use-cases.ts';
import { newToken, parseToken, type Token } from '../auth/token.ts';
import { VitteError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { StepObserver } from '../core/publish-steps.ts';
import { openMemoryIndex } from '../index/memory.ts';
import type { Index } from '../index/port.ts';
import { openSearch } from '../index/search.ts';
import { type OciLayoutStore, openOciLayoutStore } from '../oci/layout.ts';
import { authenticate } from '../registry/authenticate.ts';
import { changes } from '../registry/changes.ts';
import { describe } from '../registry/describe.ts';
import { openArchive } from '../registry/fetch.ts';
import { packageInfo, versionInfoOf } from '../registry/info.ts';
import { initialise } from '../registry/initialise.ts';
import { list } from '../registry/list.ts';
import { makeToken } from '../registry/make-token.ts';
import type { Parts } from '../registry/parts.ts';
import { publish } from '../registry/publish.ts';
import { readiness } from '../registry/readiness.ts';
import { readme } from '../registry/readme.ts';
import { search } from '../registry/search.ts';
import { signatures } from '../registry/signatures.ts';
import { openJournalStore } from '../storage/journal-store.ts';
import { openVersionStore } from '../storage/version-store.ts';
import { createJournal } from '../sync/journal.ts';
import { createReader } from '../sync/reader.ts';
import { createSearchFollower } from '../sync/search-follower.ts';
import type { Composed } from './composed.ts';
import type { Config } from './config.ts';
import { loadServiceKey } from './service-key.ts';
import { isLoopback } from './setting-values.ts';

export type ComposeOptions = {
  signal?: AbortSignal;
  /** Told of each step of a publish; tests end the process there. */
  observe?: StepObserver;
};

/**
 * Opens the store, brings the index to the journal's end, and binds the use cases. Throws PKG_E_STORE_LOCKED when
 * another process has the store, PKG_E_CONFIG when it belongs to another service key.
 */
export async function compose(
  config: Config,
  logger: Logger,
  options: ComposeOptions = {},
): Promise<Composed> {
  const serviceKey = await loadServiceKey(config.secretFile.path, {
    make: !config.secretFile.named,
  });
  const callOptions = options.signal ? { signal: options.signal } : {};
  const store = await openOciLayoutStore(config.storage.dir, callOptions);
  const parts = assemble(store, openMemoryIndex(), logger, options.observe);
  try {
    await initialise(parts, serviceKey, callOptions);
    const token = (await hasToken(parts.index)) ? undefined : await firstToken(config);
    if (token) await makeToken(parts, token);
    await parts.searchFollower.follow();
    store.lock.onRequest = (request) => answerLocal(parts, request);
    return {
      useCases: bindUseCases(parts),
      ...(token && config.bootstrapTokenFile === undefined ? { firstStart: { token } } : {}),
      close: () => close(parts, store),
    };
  } catch (error) {
    await close(parts, store);
    throw error;
  }
}

/**
 * Makes the index anew from the journal of a store that no server has open, and counts what it holds; undefined
 * for a store without a registry. Writes nothing.
 */
export async function rebuildIndex(
  config: Config,
  logger: Logger,
  signal: AbortSignal | undefined,
): Promise<{ store: string; sequence: number; packages: number } | undefined> {
  const options = signal ? { signal } : {};
  const store = await openOciLayoutStore(config.storage.dir, { ...options, create: false });
  const parts = assemble(store, openMemoryIndex(), logger, undefined);
  try {
    const head = await parts.journal.catchUp(options);
    const { value: record } = await parts.index.store();
    if (!head || !record) return undefined;
    const { total: packages } = (await parts.index.packages({ limit: 1 })).value;
    return { store: record.store, sequence: head.sequence, packages };
  } finally {
    await close(parts, store);
  }
}

/** Makes a token in a store that no server has open. Throws PKG_E_STORE_MISSING where it holds no registry. */
export async function makeStoreToken(
  config: Config,
  logger: Logger,
  signal: AbortSignal | undefined,
): Promise<Token> {
  const options = signal ? { signal } : {};
  const store = await openOciLayoutStore(config.storage.dir, { ...options, create: false });
  const parts = assemble(store, openMemoryIndex(), logger, undefined);
  try {
    if (await parts.journal.catchUp(options)) return await makeToken(parts);
    throw new VitteError('PKG_E_STORE_MISSING', `${config.storage.dir} holds no registry`);
  } finally {
    await close(parts, store);
  }
}

function assemble(
  store: OciLayoutStore,
  index: Index,
  logger: Logger,
  observe: StepObserver | undefined,
): Parts {
  const versions = openVersionStore(store);
  const journalStore = openJournalStore(store);
  const onError = (error: unknown) => logger.error({ err: error }, 'background work failed');
  const common = { versions, index, onError, ...(observe ? { observe } : {}) };
  const journal = createJournal({ ...common, journal: journalStore, now: Date.now });
  const searchEngine = openSearch();
  return {
    ...common,
    journalStore,
    journal,
    reader: createReader(index, journal),
    search: searchEngine,
    searchFollower: createSearchFollower(index, searchEngine),
  };
}

function bindUseCases(parts: Parts): UseCases {
  return {
    describe: (context) => describe(parts, context),
    publish: (request, context) => publish(parts, request, context),
    packageInfo: (name, context) => packageInfo(parts, name, context),
    versionInfo: (name, version, context) => versionInfoOf(parts, name, version, context),
    list: ({ cursor, ...query }, context) =>
      list(parts, { ...query, ...(cursor === undefined ? {} : { after: cursor }) }, context),
    search: ({ cursor, ...query }, context) =>
      search(parts, { ...query, offset: Number(cursor ?? 0) }, context),
    openArchive: (name, version, range, context) =>
      openArchive(parts, name, version, range, context),
    signatures: (name, version, context) => signatures(parts, name, version, context),
    readme: (name, version, context) => readme(parts, name, version, context),
    changes: (page, context) => changes(parts, page, context),
    authenticate: (token, options) => authenticate(parts, token, options),
    readiness: (options) => readiness(parts, options),
  };
}

/** True where the journal knows a token. The first one stands near its beginning. */
async function hasToken(index: Index): Promise<boolean> {
  for (let since = 0; ; ) {
    const { value: entries } = await index.feed({ since, limit: 1_000 });
    const last = entries.at(-1);
    if (!last) return false;
    if (entries.some((entry) => entry.event === 'token made')) return true;
    since = last.n;
  }
}

/** The operator's bootstrap token; else a new one where only this machine can reach the service. */
async function firstToken(config: Config): Promise<Token | undefined> {
  const file = config.bootstrapTokenFile;
  if (file === undefined) return isLoopback(config.listen.host) ? newToken() : undefined;
  const token = parseToken((await readFile(file, 'utf8')).trim());
  if (token) return token;
  throw new VitteError('PKG_E_CONFIG', `bootstrap-token-file: ${file} holds no token`, {
    help: 'a token is "vit_" and 49 letters and digits; make one with: vitte registry token create --local',
  });
}

/** What another process of the same user may ask over the folder's lock. */
async function answerLocal(parts: Parts, request: JsonObject): Promise<JsonObject> {
  if (request.request === 'token create') return { token: await makeToken(parts) };
  throw new VitteError('PKG_E_REQUEST', 'the server does not know this request');
}

async function close(parts: Parts, store: OciLayoutStore) {
  await parts.journal.close();
  await parts.index.close();
  await store.close();
}
