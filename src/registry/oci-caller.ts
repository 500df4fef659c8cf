// What the parts of a caller's view of the storage share.
import { mayPublish } from '../auth/rights.ts';
import { VitteError } from '../core/errors.ts';
import { isPackageName, type PackageName } from '../core/name.ts';
import type { PublishedRecord, VersionRecord, VoidedRecord } from '../index/port.ts';
import type { CallOptions, Registry, Repository } from '../oci/port.ts';
import { readPackage } from './info.ts';
import type { Parts } from './parts.ts';
import type { CallContext } from './port.ts';

/** One repository as one caller uses it. */
export type OciCaller = {
  parts: Parts;
  storage: Registry;
  context: CallContext;
  /** The repository itself, without any rule. */
  repository: Repository;
};

/** What is published in a repository, voided versions too; nothing in one that can be no package's. */
export type Standing = {
  sequence: number;
  name: PackageName | undefined;
  versions: readonly (VersionRecord | VoidedRecord)[];
};

/** Reads what is published in the repository. PKG_E_INDEX_UNAVAILABLE where that can't be told. */
export async function standingIn(
  { parts, repository, context }: OciCaller,
  { signal }: CallOptions = {},
): Promise<Standing> {
  const { name } = repository;
  if (!isPackageName(name)) return { sequence: 0, name: undefined, versions: [] };
  const until = signal ?? context.signal;
  const call = { ...context, ...(until ? { signal: until } : {}) };
  const { sequence, value } = await readPackage(parts, name, call);
  return { sequence, name, versions: value?.versions ?? [] };
}

/** The versions that are there to be read. */
export function listed({ versions }: Standing): VersionRecord[] {
  return versions.filter((version) => !version.voided);
}

/** Runs what writes, for a caller who may: PKG_E_TOKEN, PKG_E_FORBIDDEN. */
export function writer({ actor }: CallContext) {
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (actor.role === 'reader') throw new VitteError('PKG_E_TOKEN', 'pushing needs a token');
    if (!mayPublish(actor.role)) throw denied('you may not push here');
    return work();
  };
}

export function denied(message: string): VitteError {
  return new VitteError('PKG_E_FORBIDDEN', message);
}

/** The error for a deletion of what is published. */
export function kept(what: string, version?: PublishedRecord): VitteError {
  const message = version ? `${what} belongs to ${version.version}, which is published` : what;
  return new VitteError('PKG_E_METHOD', message, {
    help: 'what is published stays: publish a new version',
    data: { allow: ['GET', 'HEAD', 'PUT'] },
  });
}
