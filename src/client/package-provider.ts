// What a resolver in the client knows of packages: what the registry says, kept on the way; or what was kept.
import { mapConcurrently } from '../core/concurrency.ts';
import { VitteError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { PackageName } from '../core/name.ts';
import type { PackageFacts, PackageProvider } from '../resolve/port.ts';
import type { IndexCache } from './index-cache.ts';
import type { RegistryClient } from './port.ts';

/** Files of the cache that are written at once. */
const writesMax = 8;

export type KeepingProvider = PackageProvider & {
  /** Waits until all that was read is kept; gives the first error of that, which stops nothing. */
  kept(): Promise<unknown>;
};

/** Asks the registry, in as many rounds as the graph is deep, and keeps what it says. */
export function registryPackages(client: RegistryClient, cache: IndexCache): KeepingProvider {
  let writing: Promise<unknown> = Promise.resolve();
  let failure: unknown;
  return {
    async packages(names, options) {
      const found = await client.indexDocuments(names, options);
      const store = (await client.seen())?.store ?? '';
      writing = writing.then(() => keepAll([...found], store));
      return names.map((name) => found.get(name));
    },
    async kept() {
      await writing;
      return failure;
    },
  };

  async function keepAll(rows: [PackageName, PackageFacts | undefined][], store: string) {
    await mapConcurrently(rows, writesMax, async ([name, facts]) => {
      try {
        await cache.keep(name, facts, store);
      } catch (error) {
        failure ??= error;
      }
    });
  }
}

/**
 * What earlier runs kept, and no network. Answers at once, so that it is asked for nothing that is not needed. Throws
 * PKG_E_OFFLINE for what is not kept: `data.package`; and for what is damaged: `data.file` as well.
 */
export function cachedPackages(cache: IndexCache): PackageProvider {
  return { packages: (names) => names.map((name) => readKept(cache, name)) };
}

function readKept(cache: IndexCache, name: PackageName): PackageFacts | undefined {
  let kept: PackageFacts | null | undefined;
  try {
    kept = cache.read(name);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw offlineError(`what is kept of ${name} is damaged: ${why}`, {
      cause,
      data: { package: name, file: cache.fileOf(name) },
    });
  }
  if (kept !== undefined) return kept ?? undefined;
  throw offlineError(`nothing is kept of ${name} on this machine`, { data: { package: name } });
}

function offlineError(message: string, options: { cause?: unknown; data: JsonObject }) {
  const help = 'resolve once with the registry at hand';
  return new VitteError('PKG_E_OFFLINE', message, { help, ...options });
}
