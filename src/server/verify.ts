import { isVitteError, VitteError } from '../core/errors.ts';
import { type Entry, entryFields, type JournalEvent } from '../core/journal-entry.ts';
import type { Index } from '../index/port.ts';
import type { Parts } from '../registry/parts.ts';
import { catchUp } from '../sync/catch-up.ts';
import { restoreContent } from '../sync/content-again.ts';
import { type Finding, type Mending, mendingOf } from '../sync/findings.ts';
import { fillingParts, type RebuildStore } from '../sync/rebuild.ts';
import { type Verified, type VerifyOptions, verify } from '../sync/verify.ts';
import { type OpenedStore, openIndex, openStore, rebuildIndex, withParts } from './compose.ts';
import { type Config, readConfig } from './config.ts';
import { type Logger, makeLogger } from './logger.ts';
import type { StoreCommand } from './rebuild.ts';

export type VerifyStoreOptions = StoreCommand &
  Omit<VerifyOptions, 'onProgress'> & {
    /** Mends what can be mended, and looks again. */
    fix?: boolean;
    onProgress?: (packages: number, total: number) => void;
    /** Told of what is mended next. */
    onMending?: (mending: Mending) => void;
  };

export type VerifiedStore = Verified & {
  /** Bodies of manifests and of blobs that were read of the storage. */
  objects: { manifests: number; blobs: number };
  /** Those of the first look that are gone with the second. */
  mended: readonly Finding[];
};

/**
 * Compares store, journal and index, and with `fix` mends what can be mended: manifests and documents are made again,
 * tags are written as the journal says, entries that the chain lacks are journaled again, the index and the snapshots
 * are made anew. Throws PKG_E_STORE_MISSING where there is no store, PKG_E_STORE_LOCKED while a server has its folder
 * open.
 */
export async function verifyStore(options: VerifyStoreOptions): Promise<VerifiedStore> {
  const { flags, env, cwd, stderr, fix = false, onMending, ...rest } = options;
  const config = readConfig(flags, env, cwd);
  const logger = makeLogger(config.logLevel, stderr);
  const first = await look(config, logger, rest);
  if (!fix || mendingsOf(first.findings).size === 0) return { ...first, mended: [] };
  const founded = await mendFoundations();
  await mendRest(founded);
  const last = await look(config, logger, rest);
  const left = new Set(last.findings.map(keyOf));
  const mended = new Map(
    [...first.findings, ...founded.findings].map((finding) => [keyOf(finding), finding]),
  );
  return { ...last, mended: [...mended].flatMap(([key, found]) => (left.has(key) ? [] : found)) };

  /** An index that is made anew before what the storage lacks is there again would hold it as lost. */
  async function mendFoundations() {
    const wanted = mendingsOf(first.findings);
    const untagged = first.findings.filter(({ kind }) => kind === 'batch-tag-missing');
    if (untagged.length > 0) {
      onMending?.('tags');
      await mend('tags', { ...first, findings: untagged }, config, logger, rest);
    }
    if (wanted.has('content')) {
      onMending?.('content');
      await mend('content', first, config, logger, rest);
    }
    if (untagged.length === 0 && !wanted.has('content')) return first;
    // Nothing that is mended next depends on content that would be read through.
    return look(config, logger, { ...rest, content: false });
  }

  async function mendRest(found: Verified) {
    const wanted = mendingsOf(found.findings);
    // The journal is written by way of the index, which must be at a place of its chain.
    const isElsewhere = found.findings.some(({ kind }) => kind === 'index-elsewhere');
    const order = isElsewhere ? (['index', 'journal'] as const) : (['journal', 'index'] as const);
    for (const mending of [...order, 'tags', 'snapshots'] as const) {
      if (!wanted.has(mending)) continue;
      onMending?.(mending);
      await mend(mending, found, config, logger, rest);
      // An index made anew from manifests writes the snapshots anew as well.
      if (mending === 'index') wanted.delete('snapshots');
    }
  }
}

function look(
  config: Config,
  logger: Logger,
  options: VerifyOptions,
): Promise<Verified & { objects: VerifiedStore['objects'] }> {
  return withStore(config, logger, options, async (opened, index) => {
    const verified = await verify({ ...opened, index }, options);
    if (verified.sequence === undefined && verified.found === 0) throw missing();
    const { manifests, blobs } = opened.counts;
    return { ...verified, objects: { manifests, blobs } };
  });
}

/** The store, and the index that is compared with it. */
async function withStore<T>(
  config: Config,
  logger: Logger,
  { signal }: { signal?: AbortSignal },
  work: (opened: OpenedStore, index: Index) => Promise<T>,
): Promise<T> {
  const options = signal ? { signal } : {};
  const opened = await openStore(config, logger, options);
  try {
    await opened.form.check(options);
    const index = await openIndex(config);
    try {
      // One of this process's own is what a start would make of the store.
      if (config.index.kind === 'memory') await fill(index, opened, options);
      return await work(opened, index);
    } finally {
      await index.close();
    }
  } finally {
    await opened.close();
  }
}

function mendingsOf(findings: readonly Finding[]): Set<Mending> {
  return new Set(findings.flatMap((finding) => mendingOf(finding) ?? []));
}

async function fill(index: Index, store: RebuildStore, options: { signal?: AbortSignal }) {
  try {
    await catchUp(fillingParts(index, store), options);
  } catch (error) {
    // What keeps it from being filled is what is looked for.
    if (!isVitteError(error, 'PKG_E_STORE_FORMAT', 'PKG_E_INTEGRITY', 'PKG_E_JOURNAL_CHAIN'))
      throw error;
  }
}

async function mend(
  mending: Mending,
  { findings, lost }: Verified,
  config: Config,
  logger: Logger,
  { signal }: { signal?: AbortSignal },
): Promise<void> {
  const options = signal ? { signal } : {};
  switch (mending) {
    case 'content':
      return withStore(config, logger, options, async (opened, index) => {
        await restoreContent({ ...opened, index }, findings, options);
      });
    case 'journal':
      return withParts(config, logger, options, (parts) => journalAgain(parts, lost, options));
    case 'tags':
      return writeTags(findings, config, logger, options);
    case 'index':
    case 'snapshots':
      await rebuildIndex(config, logger, signal, { deep: true });
  }
}

/** Entries that the chain lacks are judged and journaled like any other change, under the ids that they had. */
async function journalAgain(
  { journal, versions, onError }: Parts,
  lost: readonly Entry[],
  options: { signal?: AbortSignal },
) {
  await journal.catchUp({ ...options, open: true });
  for (const entry of lost) {
    if (entry.event === 'unknown' && 'fields' in entry) continue;
    const { n, at, ...event } = entryFields(entry);
    const item = {
      event: event as unknown as JournalEvent,
      role: 'admin',
      readAt: n as number,
    } as const;
    try {
      if (entry.event === 'published') {
        const { package: name, digest, bundles = [] } = entry;
        const facts = await versions.facts(name, digest, bundles, options);
        if (!facts) continue;
        const outcome = await journal.submit({ ...item, facts }, options);
        if (outcome.status !== 'refused') await versions.tagVersion(name, entry.version, digest);
        await versions.tagReferrers(name, bundles, options);
      } else if (entry.event === 'attached') {
        const signatures = await versions.signatureFacts(entry.package, entry.bundles, options);
        await journal.submit({ ...item, signatures }, options);
      } else await journal.submit(item, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      onError(error);
    }
  }
}

async function writeTags(
  findings: readonly Finding[],
  config: Config,
  logger: Logger,
  options: { signal?: AbortSignal },
) {
  const opened = await openStore(config, logger, options);
  try {
    for (const finding of findings) {
      const { kind, package: name, version, digest } = finding;
      if (mendingOf(finding) !== 'tags' || !digest) continue;
      try {
        if (kind === 'batch-tag-missing') {
          await opened.journal.tagBatch(await opened.journal.batch(digest, options), options);
        } else if (!name || !version) continue;
        else if (kind === 'referrer-tag-missing') {
          await opened.versions.tagReferrers(name, [digest], options);
        } else await opened.versions.tagVersion(name, version, digest, options);
      } catch (error) {
        options.signal?.throwIfAborted();
        // What a tag should point at is gone: that is a finding of its own.
        opened.onError(error);
      }
    }
  } finally {
    await opened.close();
  }
}

function keyOf({ kind, package: name, version, tag, digest, entry }: Finding): string {
  return JSON.stringify([kind, name, version, tag, digest, entry]);
}

function missing() {
  return new VitteError('PKG_E_STORE_MISSING', 'the storage holds no registry', {
    help: 'name the store with --data or --storage',
  });
}
