import { isVitteError, VitteError } from '../core/errors.ts';
import { type Entry, entryFields, type JournalEvent } from '../core/journal-entry.ts';
import type { Parts } from '../registry/parts.ts';
import { catchUp } from '../sync/catch-up.ts';
import { type Finding, findingKinds, type Mending } from '../sync/findings.ts';
import { fillingParts } from '../sync/rebuild.ts';
import { type Verified, type VerifyOptions, verify } from '../sync/verify.ts';
import { openIndex, openStore, rebuildIndex, withParts } from './compose.ts';
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
 * Compares store, journal and index, and with `fix` mends what can be mended: tags are written as the journal says,
 * entries that the chain lacks are journaled again, the index and the snapshots are made anew. Throws
 * PKG_E_STORE_MISSING where there is no store, PKG_E_STORE_LOCKED while a server has its folder open.
 */
export async function verifyStore(options: VerifyStoreOptions): Promise<VerifiedStore> {
  const { flags, env, cwd, stderr, fix = false, onMending, ...rest } = options;
  const config = readConfig(flags, env, cwd);
  const logger = makeLogger(config.logLevel, stderr);
  const first = await look(config, logger, rest);
  const wanted = new Set(first.findings.flatMap(({ kind }) => findingKinds[kind] ?? []));
  if (!fix || wanted.size === 0) return { ...first, mended: [] };
  for (const mending of ['journal', 'tags', 'index', 'snapshots'] as const) {
    if (!wanted.has(mending)) continue;
    onMending?.(mending);
    await mend(mending, first, config, logger, rest);
    // An index made anew from manifests writes the snapshots anew as well.
    if (mending === 'index') wanted.delete('snapshots');
  }
  const second = await look(config, logger, rest);
  const left = new Set(second.findings.map(keyOf));
  return { ...second, mended: first.findings.filter((finding) => !left.has(keyOf(finding))) };
}

async function look(
  config: Config,
  logger: Logger,
  options: VerifyOptions,
): Promise<Verified & { objects: VerifiedStore['objects'] }> {
  const { signal } = options;
  const callOptions = signal ? { signal } : {};
  const opened = await openStore(config, logger, callOptions);
  try {
    await opened.form.check(callOptions);
    const index = await openIndex(config);
    try {
      // One of this process's own is what a start would make of the store.
      if (config.index.kind === 'memory') await fill(index, opened, callOptions);
      const verified = await verify({ ...opened, index }, options);
      if (verified.sequence === undefined && verified.found === 0) throw missing();
      const { manifests, blobs } = opened.counts;
      return { ...verified, objects: { manifests, blobs } };
    } finally {
      await index.close();
    }
  } finally {
    await opened.close();
  }
}

type Filled = Parameters<typeof fillingParts>;

async function fill(index: Filled[0], store: Filled[1], options: { signal?: AbortSignal }) {
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
    for (const { kind, package: name, version, digest } of findings) {
      if (findingKinds[kind] !== 'tags' || !name || !version || !digest) continue;
      try {
        if (kind === 'referrer-tag-missing') {
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
