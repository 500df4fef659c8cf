// Versions that an index holds as voided though no entry of the journal voids them: the storage had lost them when the
// index was made.
import { mapConcurrently } from '../core/concurrency.ts';
import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import type { Index, PackageRecord } from '../index/port.ts';
import { feedEntries, packageRecords } from '../index/walks.ts';

/** `count` tells all of them, `versions` names the first. */
export type GoneVersions = { count: number; versions: { name: PackageName; version: Version }[] };

/** Versions that are named; more are counted. */
export const goneVersionsMax = 1_000;
const readsMax = 8;

/** Every such version of an index, by one reading of its feed and its packages. */
export async function goneVersions(
  index: Index,
  options: { signal?: AbortSignal } = {},
): Promise<GoneVersions> {
  const names = new Set<PackageName>();
  const voided = new Set<string>();
  const feed = feedEntries(async (page) => (await index.feed(page, options)).value);
  for await (const entry of feed) {
    if (entry.event === 'published') names.add(entry.package);
    if (entry.event === 'voided') voided.add(`${entry.package}@${entry.version}`);
  }

  const gone: GoneVersions = { count: 0, versions: [] };
  for await (const record of packageRecords(index, options)) {
    names.delete(record.name);
    take(record);
  }
  // Packages of which nothing is listed any more.
  const others = await mapConcurrently([...names], readsMax, async (name) => {
    return (await index.package(name, options)).value;
  });
  for (const record of others) if (record) take(record);
  return gone;

  function take({ name, versions }: PackageRecord) {
    for (const { version, voided: isVoided } of versions) {
      if (!isVoided || voided.has(`${name}@${version}`)) continue;
      gone.count += 1;
      if (gone.versions.length < goneVersionsMax) gone.versions.push({ name, version });
    }
  }
}
