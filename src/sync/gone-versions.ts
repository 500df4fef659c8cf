// Versions that an index holds as voided though no entry of the journal voids them: the storage had lost them when the
// index was made.
import { mapConcurrently } from '../core/concurrency.ts';
import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import { pageItemsMax } from '../index/limits.ts';
import type { Index, PackageRecord } from '../index/port.ts';

/** `count` tells all of them, `versions` names the first. */
export type GoneVersions = { count: number; versions: { name: PackageName; version: Version }[] };

/** Versions that are named; more are counted. */
export const goneVersionsMax = 1_000;
const packagesPageMax = 200;
const readsMax = 8;

/** Every such version of an index, by one reading of its feed and its packages. */
export async function goneVersions(
  index: Index,
  options: { signal?: AbortSignal } = {},
): Promise<GoneVersions> {
  const names = new Set<PackageName>();
  const voided = new Set<string>();
  for (let since = 0; ; ) {
    const { value: entries } = await index.feed({ since, limit: pageItemsMax }, options);
    for (const entry of entries) {
      if (entry.event === 'published') names.add(entry.package);
      if (entry.event === 'voided') voided.add(`${entry.package}@${entry.version}`);
    }
    since = entries.at(-1)?.n ?? since;
    if (entries.length < pageItemsMax) break;
  }

  const gone: GoneVersions = { count: 0, versions: [] };
  for (let after: PackageName | undefined; ; ) {
    const page = { limit: packagesPageMax, ...(after === undefined ? {} : { after }) };
    const { records } = (await index.packages(page, options)).value;
    for (const record of records) {
      names.delete(record.name);
      take(record);
    }
    after = records.at(-1)?.name;
    if (records.length < packagesPageMax) break;
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
