// From settings to the storage that the use cases see: one, or several by namespace, each in its encoding.
import { VitteError } from '../core/errors.ts';
import { storageEncodings } from '../core/storage-encoding.ts';
import type { LayoutLock } from '../oci/layout-lock.ts';
import type { Registry } from '../oci/port.ts';
import { encodedRegistry } from '../oci/views/encoded.ts';
import { routedRegistry } from '../oci/views/routed.ts';
import { createStoreForm, type OtherEncoding, type StoreForm } from '../storage/store-form.ts';
import type { Config } from './config.ts';
import type { StorageAddress } from './setting-values.ts';
import { readStorageRoutes, type StoragePlace } from './storage-routes.ts';

/** A storage as it is, without an encoding. */
export type Adapter = { registry: Registry; lock?: LayoutLock };
export type OpenAdapter = (place: StoragePlace) => Promise<Adapter>;

export type OpenedStorage = {
  registry: Registry;
  /** The lock on the default storage's folder. */
  lock: LayoutLock | undefined;
  form: StoreForm;
};

/** The repository that holds everything in the encoding `single`, where a folder is the storage. */
const layoutRepository = 'packages';

/**
 * Opens the storages of the settings by `openAdapter`. Nothing is asked of a remote one yet. Throws PKG_E_CONFIG for
 * settings that don't fit together, and what opening a folder throws.
 */
export async function openStorage(
  config: Config,
  openAdapter: OpenAdapter,
): Promise<OpenedStorage> {
  const place = defaultPlace(config);
  const routes = await routesOf(config, place);
  const adapter = await openEncoded(place, openAdapter);
  const opened: Registry[] = [adapter.registry];
  try {
    const form = createStoreForm({
      registry: adapter.registry,
      encoding: place.encoding,
      profile: config.storageProfile,
      mayRefuseTypes: place.address.kind === 'remote',
      others: otherEncodings(place, adapter.inner, openAdapter),
    });
    const byPlace = new Map<string, Registry>();
    const byNamespace = new Map<string, Registry>();
    for (const [namespace, route] of routes) {
      const key = keyOf(route);
      const registry = byPlace.get(key) ?? (await openEncoded(route, openAdapter)).registry;
      if (!byPlace.has(key)) opened.push(registry);
      byPlace.set(key, registry);
      byNamespace.set(namespace, registry);
    }
    const registry =
      byNamespace.size === 0 ? adapter.registry : routedRegistry(adapter.registry, byNamespace);
    return { registry, lock: adapter.lock, form };
  } catch (error) {
    await Promise.allSettled(opened.map((registry) => registry.close()));
    throw error;
  }
}

function defaultPlace(config: Config): StoragePlace {
  return {
    address: config.storage,
    encoding: config.storageEncoding,
    authFile: config.storageAuthFile,
    caFile: config.storageCaFile,
    certFile: config.storageCertFile,
    keyFile: config.storageKeyFile,
    realms: config.storageRealms,
    uploadHosts: config.storageUploadHosts,
  };
}

async function routesOf(config: Config, standard: StoragePlace) {
  if (config.storageRoutesFile === undefined) return new Map<string, StoragePlace>();
  const routes = await readStorageRoutes(config.storageRoutesFile, standard);
  const folders = new Map<string, string>();
  for (const [namespace, route] of routes) {
    const { address } = route;
    const where = `storage-routes-file: routes.${namespace}.storage`;
    if (addressText(address) === addressText(standard.address)) {
      throw new VitteError('PKG_E_CONFIG', `${where}: is the default storage`, {
        help: 'leave the route away: what has none lies there',
      });
    }
    if (address.kind === 'layout' && config.index.kind === 'redis') {
      throw new VitteError(
        'PKG_E_CONFIG',
        `${where}: a folder serves one process, Redis is for many`,
      );
    }
    if (address.kind === 'remote') continue;
    const key = keyOf(route);
    if ((folders.get(address.dir) ?? key) !== key) {
      throw new VitteError('PKG_E_CONFIG', `${where}: another route opens this folder otherwise`);
    }
    folders.set(address.dir, key);
  }
  return routes;
}

/** Routes with the same share what is opened. */
function keyOf(route: StoragePlace): string {
  return JSON.stringify(route);
}

function addressText(address: StorageAddress): string {
  return address.kind === 'layout' ? address.dir : address.url.replace(/\/$/, '');
}

async function openEncoded(place: StoragePlace, openAdapter: OpenAdapter) {
  const { address, one } = baseOf(place);
  const { registry: inner, lock } = await openAdapter({ ...place, address });
  return { inner, lock, registry: encodedRegistry(inner, place.encoding, one) };
}

/** What is opened: for `single` on a remote registry the address without its last part, which is the repository. */
function baseOf({ address, encoding }: StoragePlace): { address: StorageAddress; one: string } {
  if (address.kind === 'layout' || encoding !== 'single') return { address, one: layoutRepository };
  const [, url, one] = /^([^/]+:\/\/[^/]+(?:\/[^/]+)*)\/([^/]+)\/?$/.exec(address.url) ?? [];
  if (url === undefined || one === undefined) {
    throw new VitteError(
      'PKG_E_CONFIG',
      'storage: the encoding single needs the name of its one repository',
      { help: 'name it in the address: oci://HOST/team/packages' },
    );
  }
  return { address: { kind: 'remote', url }, one };
}

function otherEncodings(
  place: StoragePlace,
  inner: Registry,
  openAdapter: OpenAdapter,
): OtherEncoding[] {
  return storageEncodings.flatMap((encoding): OtherEncoding[] => {
    const other = { ...place, encoding };
    if (encoding === place.encoding || !canBe(other)) return [];
    const open = async () => {
      // A folder is open, and locked, already.
      if (place.address.kind === 'layout') {
        const registry = encodedRegistry(inner, encoding, layoutRepository);
        return { registry, close: async () => {} };
      }
      const { registry } = await openEncoded(other, openAdapter);
      return { registry, close: () => registry.close() };
    };
    return [{ encoding, open }];
  });
}

/** A registry without a prefix has no name for one repository. */
function canBe({ address, encoding }: StoragePlace): boolean {
  return encoding !== 'single' || address.kind === 'layout' || /:\/\/[^/]+\/[^/]/.test(address.url);
}
