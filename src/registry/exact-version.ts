import { isVitteError } from '../core/errors.ts';
import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import { listedVersions } from '../index/listed-versions.ts';
import type { VersionRecord } from '../index/port.ts';
import { readPackage } from './info.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext } from './port.ts';
import { requireVersion } from './version-info.ts';

/** An index that has not answered by then is not waited for alone: the store may tell as well. */
const indexPatienceMs = 300;

/**
 * One version, by its exact name: from the index, or where that is away or slow from the store, whose answer is a
 * second old at most. Throws PKG_E_NOT_FOUND where the index says that there is none; what the store alone does not
 * know is PKG_E_INDEX_UNAVAILABLE, for it may exist.
 */
export async function readVersion(
  parts: Parts,
  name: PackageName,
  version: Version,
  context: CallContext,
): Promise<Answer<VersionRecord>> {
  const indexed = readPackage(parts, name, context).then(({ sequence, value }) => ({
    sequence,
    value: requireVersion(name, value, version),
  }));
  if (!parts.storeReader) return indexed;
  const early = await Promise.race([indexed.catch(unlessAway), patience()]);
  if (early) return early;
  // The store's failure is nobody's answer: the index's is.
  const stored = await fromStore(parts, name, version, context).catch(() => undefined);
  return stored ?? indexed;
}

async function fromStore(
  { storeReader, reader }: Parts,
  name: PackageName,
  version: Version,
  { signal, minSequence = 0 }: CallContext,
): Promise<Answer<VersionRecord> | undefined> {
  const least = Math.max(minSequence, reader.seen());
  const found = await storeReader?.package(name, { least, ...(signal ? { signal } : {}) });
  if (!found || found.sequence < least) return undefined;
  const { sequence, value: record } = found;
  const value = listedVersions(record).find((candidate) => candidate.version === version);
  return value && { sequence, value };
}

function unlessAway(error: unknown): undefined {
  if (!isVitteError(error, 'PKG_E_INDEX_UNAVAILABLE', 'PKG_E_SEQUENCE')) throw error;
}

function patience(): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(resolve, indexPatienceMs, undefined).unref();
  });
}
