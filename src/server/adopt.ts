import { VitteError } from '../core/errors.ts';
import { isPackageName, type PackageName } from '../core/name.ts';
import type { Registry } from '../oci/port.ts';
import { type Adoption, adopt } from '../registry/adopt.ts';
import { initialise } from '../registry/initialise.ts';
import type { CallContext } from '../registry/port.ts';
import { withParts } from './compose.ts';
import { readConfig } from './config.ts';
import { makeLogger } from './logger.ts';
import type { StoreCommand } from './rebuild.ts';
import { loadServiceKey } from './service-key.ts';

export type Adopted = {
  store: string;
  sequence: number;
  /** Packages that were looked for. */
  packages: number;
  adoptions: Adoption[];
};

/** Packages that one command takes in at most. */
const packagesMax = 1_000_000;
/** The account that the first token has: it owns what is taken in. */
const actor: CallContext['actor'] = { account: 'admin', role: 'admin' };

/**
 * Takes in packages that lie in the storage and are in no journal, those named or all that the storage lists, as
 * ordinary entries. Where the storage holds no journal, one is begun. Throws PKG_E_STORAGE_UNFIT where none are named
 * and the storage lists none, PKG_E_CONFIG where the store belongs to another service key.
 */
export async function adoptPackages(
  options: StoreCommand & {
    names: readonly PackageName[];
    signal?: AbortSignal;
    onProgress?: (adoption: Adoption) => void;
  },
): Promise<Adopted> {
  const { flags, env, cwd, stderr, signal, onProgress } = options;
  const config = readConfig(flags, env, cwd);
  const callOptions = signal ? { signal } : {};
  const { path, named } = config.secretFile;
  const serviceKey = await loadServiceKey(path, { make: !named });
  const logger = makeLogger(config.logLevel, stderr);
  return withParts(config, logger, callOptions, async (parts, registry) => {
    const names = options.names.length > 0 ? options.names : await listed(registry, callOptions);
    await initialise(parts, serviceKey, callOptions);
    const adoptions: Adoption[] = [];
    await adopt(parts, registry, names, { actor, ...callOptions }, (adoption) => {
      adoptions.push(adoption);
      onProgress?.(adoption);
    });
    const { value: store } = await parts.index.store(callOptions);
    const sequence = (await parts.index.head(callOptions))?.sequence ?? 0;
    return { store: store?.store ?? '', sequence, packages: names.length, adoptions };
  });
}

/** The packages that the storage lists, by name. */
async function listed(registry: Registry, options: { signal?: AbortSignal }) {
  const help = 'name the packages: vitte registry rebuild --adopt NAME…, or --from FILE';
  if (!registry.repositories) {
    throw new VitteError(
      'PKG_E_STORAGE_UNFIT',
      'the storage does not tell the names that lie in it',
      {
        help,
      },
    );
  }
  const names: PackageName[] = [];
  try {
    for await (const name of registry.repositories(options)) {
      if (isPackageName(name)) names.push(name);
      if (names.length === packagesMax) break;
    }
  } catch (error) {
    if (!(error instanceof VitteError) || error.code !== 'PKG_E_STORAGE_UNFIT') throw error;
    throw new VitteError(error.code, error.message, { cause: error, help });
  }
  return names.sort();
}
