// The composed service without HTTP, on a store of its own in a temporary folder.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { manifestOf } from '../../src/archive/archive-manifest.ts';
import { type PackedArchive, packFolder } from '../../src/archive/pack.ts';
import type { CallContext, PublishRequest } from '../../src/registry/port.ts';
import { type ComposeOptions, compose } from '../../src/server/compose.ts';
import type { Composed } from '../../src/server/composed.ts';
import type { Config } from '../../src/server/config.ts';
import { generateKey, type SecretKey } from '../../src/signing/keys.ts';
import { signVersion } from '../../src/signing/version-signature.ts';

/** Settings of a service that keeps all it has in this folder. */
export function configIn(data: string): Config {
  return {
    listen: { host: '127.0.0.1', port: 0 },
    storage: { kind: 'layout', dir: data },
    index: { kind: 'memory' },
    storageAuthFile: { path: join(data, 'docker.json'), named: false },
    storageCaFile: undefined,
    storageCertFile: undefined,
    storageKeyFile: undefined,
    proxies: {},
    storageRealms: [],
    storageUploadHosts: [],
    storageEncoding: 'path',
    storageProfile: undefined,
    storageRoutesFile: undefined,
    data,
    publicUrl: undefined,
    secretFile: { path: join(data, 'service-secret.json'), named: false },
    bootstrapTokenFile: undefined,
    logLevel: 'silent',
    uploadBytesMax: 1024 ** 3,
    drainMs: 1_000,
  };
}

export type Service = Composed & { data: string };

/** Opens a service in a folder, which may hold a store already. */
export async function openService(data: string, options?: ComposeOptions): Promise<Service> {
  const composed = await compose(configIn(data), pino({ level: 'silent' }), options);
  return { ...composed, data };
}

/** A temporary folder, removed by `remove`. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'vitte-registry-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Copies a store that nobody has open, without its lock. */
export async function copyStore(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, filter: (path) => !path.endsWith('/.lock') });
}

export const admin: CallContext = { actor: { account: 'admin', role: 'admin' } };
export const anonymous: CallContext = { actor: { account: 'anonymous', role: 'reader' } };

export type SamplePackage = {
  name: string;
  version: string;
  /** Files beside the manifest, `src/lib.vit` and `tests/basic.vit`. */
  files?: Record<string, string | Uint8Array>;
  /** Fields of the manifest beside the required ones. */
  manifest?: Record<string, unknown>;
};

/** Packs a small library into `folder`. */
export async function packSample(folder: string, sample: SamplePackage): Promise<PackedArchive> {
  const source = await mkdtemp(join(folder, 'source-'));
  const [local = '', namespace] = sample.name.split('/').reverse();
  const manifest = {
    schema: 'vitte.package.manifest.v1',
    name: local,
    ...(namespace === undefined ? {} : { namespace }),
    version: sample.version,
    kind: 'library',
    entry: 'src/lib.vit',
    dependencies: {},
    tests: ['tests/basic.vit'],
    ...sample.manifest,
  };
  const files: Record<string, string | Uint8Array> = {
    'vitte-package.json': JSON.stringify(manifest),
    'src/lib.vit': `space packages/${local.replaceAll('-', '_')}\n`,
    'tests/basic.vit': 'proc main() -> int {\n  give 0;\n}\n',
    ...sample.files,
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(source, path, '..'), { recursive: true });
    await writeFile(join(source, path), content);
  }
  return packFolder(source, { file: join(source, '..', `${local}-${sample.version}.vitmod`) });
}

/** A new key and its signature of a packed archive's version. */
export function signSample(packed: PackedArchive): { key: SecretKey; bundle: Buffer } {
  const key = generateKey();
  return { key, bundle: signVersion(manifestOf(packed).digest, key) };
}

/** A publish of a packed archive, as the API would hand it over. */
export async function publishRequest(
  packed: PackedArchive,
  bundles: PublishRequest['bundles'] = [],
): Promise<PublishRequest> {
  const bytes = await readFile(packed.file);
  const { name, version } = packed.document;
  return { name, version, kind: packed.kind, bundles, archive: chunks(bytes) };
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 16_384) yield bytes.subarray(at, at + 16_384);
}
