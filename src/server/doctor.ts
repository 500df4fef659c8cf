import { mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { manifestProfiles } from '../core/manifest-profile.ts';
import { storeError } from '../oci/durable-file.ts';
import type { Registry } from '../oci/port.ts';
import type { CheckName } from '../oci/probe/check.ts';
import { type ProbeReport, probeStorage } from '../oci/probe/probe.ts';
import { watchWire } from '../oci/probe/wire.ts';
import type { RemoteLimits } from '../oci/remote/limits.ts';
import { openStorageAlone } from './compose.ts';
import { type Config, type Environment, type Flags, readConfig } from './config.ts';

export type DoctorOptions = {
  flags: Flags;
  env: Environment;
  cwd?: string;
  signal?: AbortSignal;
  onProgress?: (check: CheckName, done: number, total: number) => void;
};

export type Diagnosis = ProbeReport & {
  /** The address of the storage, as the settings say it. */
  storage: string;
};

/** Reserved, so no package has it, and of its own: an operator can delete what we may not. */
const repository = 'vitte-registry/doctor';
/** A person waits for this: who does not answer three times is away. */
const impatience: Partial<RemoteLimits> = { triesMax: 3, retryTotalMs: 10_000 };

/**
 * Tries the storage of the settings with `probeStorage`; writes nothing but what that deletes again. A folder is tried
 * in a folder of its own within it, so that a server may have the store open. Throws PKG_E_CONFIG, and what
 * probeStorage throws.
 */
export async function diagnose(options: DoctorOptions): Promise<Diagnosis> {
  const { flags, env, cwd, ...others } = options;
  // What the routes name are storages of their own: --storage names one of them.
  const config = { ...readConfig(flags, env, cwd), storageRoutesFile: undefined };
  const { storage, storageProfile } = config;
  const profiles = storageProfile === undefined ? manifestProfiles : [storageProfile];
  const common = { ...others, repository, profiles };
  if (storage.kind === 'remote') {
    return { ...(await probeRemote(config, common)), storage: storage.url };
  }
  return { ...(await probeFolder(config, storage.dir, common)), storage: `layout:${storage.dir}` };
}

type Common = Omit<Parameters<typeof probeStorage>[0], 'registry' | 'other'>;

async function probeRemote(config: Config, common: Common): Promise<ProbeReport> {
  const opened: Registry[] = [];
  const wire = watchWire();
  const connect = async () => {
    const { registry } = await openStorageAlone(config, { storageLimits: impatience });
    opened.push(registry);
    return registry;
  };
  try {
    const registry = await connect();
    return await probeStorage({ ...common, registry, other: await connect(), wire });
  } finally {
    wire.close();
    await Promise.all(opened.map((registry) => registry.close()));
  }
}

/** One process has a folder open, so there is one connection. */
async function probeFolder(config: Config, dir: string, common: Common): Promise<ProbeReport> {
  return inScratchFolder(dir, async (scratch) => {
    const place = { ...config, storage: { kind: 'layout', dir: scratch } as const };
    const { registry } = await openStorageAlone(place);
    try {
      return await probeStorage({ ...common, registry, other: registry });
    } finally {
      await registry.close();
    }
  });
}

/** A folder within one that is made where it is missing; both are gone afterwards, if nobody else uses them. */
async function inScratchFolder<T>(dir: string, work: (scratch: string) => Promise<T>): Promise<T> {
  let made: string | undefined;
  try {
    made = await mkdir(dir, { recursive: true });
    // No repository's name begins with a dot.
    const scratch = await mkdtemp(join(dir, '.doctor-'));
    try {
      return await work(scratch);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  } catch (cause) {
    throw storeError(cause, `write in ${dir}`);
  } finally {
    for (let at = dir; made !== undefined && at.length >= made.length; at = dirname(at)) {
      await rmdir(at).catch(() => {});
    }
  }
}
