// How a store is written: its encoding and its manifest profile. Entry 1 of the journal records both; this finds them
// before the journal is read, for a journal that is looked for in the wrong place seems to be absent.
import { isVitteError, VitteError } from '../core/errors.ts';
import {
  isManifestProfile,
  type ManifestProfile,
  manifestProfiles,
} from '../core/manifest-profile.ts';
import type { StorageEncoding } from '../core/storage-encoding.ts';
import type { CallOptions, Registry } from '../oci/port.ts';
import { requireProfileAccepted } from './profile-probe.ts';
import { journalRepository, termsRepository, termTag } from './repositories.ts';
import { readTermManifest } from './term.ts';

export type StoreForm = {
  readonly encoding: StorageEncoding;
  /**
   * The profile of the registry that lies in the storage; undefined where there is none. Writes nothing. Throws
   * PKG_E_CONFIG where it lies there in another encoding, or was made by another profile than the settings say.
   */
  check(options?: CallOptions): Promise<ManifestProfile | undefined>;
  /**
   * The profile to write by: that of the registry, else that of the settings, else the first that the storage takes.
   * The journal asks before it writes, so that no second registry begins beside one in another encoding. Throws what
   * `check` throws, PKG_E_CONFIG where the storage does not take that of the settings, and what the storage says
   * where it takes none.
   */
  profile(options?: CallOptions): Promise<ManifestProfile>;
  /** Takes over what entry 1 says, which decides. Throws PKG_E_CONFIG where the settings say otherwise. */
  adopt(record: { encoding: string; profile: number }): void;
};

/** The same storage in another encoding, opened for one look. */
export type OtherEncoding = {
  encoding: StorageEncoding;
  open(): Promise<{ registry: Registry; close(): Promise<void> }>;
};

export type StoreFormOptions = {
  registry: Registry;
  encoding: StorageEncoding;
  /** What the settings say; undefined: whatever the registry has, and for a new one what the storage takes. */
  profile: ManifestProfile | undefined;
  /** False for a storage of our own, which takes every type. */
  mayRefuseTypes: boolean;
  others: readonly OtherEncoding[];
};

export function createStoreForm(options: StoreFormOptions): StoreForm {
  const { registry, encoding, profile: wanted, mayRefuseTypes, others } = options;
  let known: ManifestProfile | undefined;

  return {
    encoding,
    check,

    async profile(callOptions) {
      if (known !== undefined) return known;
      const found = (await check(callOptions)) ?? (await firstAccepted(callOptions));
      // What entry 1 said meanwhile stays.
      known ??= found;
      return known;
    },

    adopt(record) {
      if (record.encoding !== encoding) throw otherEncoding(record.encoding, encoding);
      if (!isManifestProfile(record.profile)) {
        throw new VitteError(
          'PKG_E_CONFIG',
          `the registry was made with manifest profile ${record.profile}, which this release does not know`,
          { help: 'run the release that made it, or a newer one' },
        );
      }
      requireWanted(record.profile);
      known = record.profile;
    },
  };

  async function check(callOptions?: CallOptions): Promise<ManifestProfile | undefined> {
    const found = await look(registry, callOptions);
    if (found !== undefined && found !== 'elsewhere') {
      // What entry 1 said before goes before what one writer's term shows.
      requireWanted(known ?? found);
      return known ?? found;
    }
    for (const other of others) {
      if (await liesIn(other, callOptions)) throw otherEncoding(other.encoding, encoding);
    }
    if (found === undefined) return undefined;
    throw new VitteError(
      'PKG_E_STORE_FORMAT',
      'the journal names a term that the storage does not hold: no second journal is begun beside it',
      { help: `restore the tags of ${termsRepository} from a backup of the storage` },
    );
  }

  async function firstAccepted(callOptions?: CallOptions): Promise<ManifestProfile> {
    const candidates = wanted === undefined ? manifestProfiles : [wanted];
    if (!mayRefuseTypes) return candidates[0];
    let refusal: unknown;
    for (const candidate of candidates) {
      try {
        await requireProfileAccepted(registry, candidate, callOptions);
        return candidate;
      } catch (error) {
        if (!isVitteError(error, 'PKG_E_STORAGE_ANSWER')) throw error;
        refusal ??= error;
      }
    }
    if (wanted === undefined) throw refusal;
    throw new VitteError(
      'PKG_E_CONFIG',
      `storage-profile: the storage refuses manifests of profile ${wanted}`,
      { cause: refusal, help: 'leave VITTE_REGISTRY_STORAGE_PROFILE away: it is found out' },
    );
  }

  function requireWanted(found: ManifestProfile) {
    if (wanted === undefined || wanted === found) return;
    throw new VitteError(
      'PKG_E_CONFIG',
      `the registry was made with manifest profile ${found}, and storage-profile says ${wanted}`,
      { help: 'leave VITTE_REGISTRY_STORAGE_PROFILE away: a registry keeps its profile' },
    );
  }
}

/**
 * The profile of the journal's present term; undefined where there is none. `path` and `flat` have the journal's
 * repository in common: where the term's own tag is not in this encoding, the journal is another's.
 */
async function look(
  registry: Registry,
  options?: CallOptions,
): Promise<ManifestProfile | 'elsewhere' | undefined> {
  const stored = await registry.repository(journalRepository).manifests.fetch(termTag, options);
  if (!stored) return undefined;
  const term = readTermManifest(stored.bytes);
  if (!term) {
    throw new VitteError(
      'PKG_E_STORE_FORMAT',
      `the tag ${termTag} of ${journalRepository} names no term of a journal`,
    );
  }
  const proposals = registry.repository(termsRepository);
  return (await proposals.manifests.resolve(term.name, options)) ? term.profile : 'elsewhere';
}

/** A place that can't be, or that we may not read, holds no registry. One that is away may. */
async function liesIn({ open }: OtherEncoding, options?: CallOptions): Promise<boolean> {
  const { registry, close } = await open();
  try {
    const found = await look(registry, options);
    return found !== undefined && found !== 'elsewhere';
  } catch (error) {
    if (isVitteError(error) && error.kind !== 'unavailable') return false;
    throw error;
  } finally {
    await close();
  }
}

function otherEncoding(found: string, wanted: StorageEncoding): VitteError {
  return new VitteError(
    'PKG_E_CONFIG',
    `the storage holds a registry in the encoding ${found}, and storage-encoding says ${wanted}`,
    { help: `set VITTE_REGISTRY_STORAGE_ENCODING=${found}, or name another storage` },
  );
}
