import type { PackageName } from '../core/name.ts';
import { compareVersions, type Version } from '../core/version.ts';
import type { DownloadCount } from './port.ts';

/** Counters of downloads in this process's memory. */
export function openMemoryDownloads() {
  const packages = new Map<PackageName, Map<Version, number>>();

  return {
    add: (counts: readonly DownloadCount[]) =>
      change(counts, (standing, count) => standing + count),
    restore: (counts: readonly DownloadCount[]) =>
      change(counts, (standing, count) => Math.max(standing, count)),
    of: (names: readonly PackageName[]): DownloadCount[] =>
      names.flatMap((name) =>
        [...(packages.get(name) ?? [])]
          .map(([version, count]) => ({ name, version, count }))
          .sort((a, b) => compareVersions(a.version, b.version)),
      ),
  };

  function change(
    counts: readonly DownloadCount[],
    made: (standing: number, count: number) => number,
  ) {
    for (const { name, version, count } of counts) {
      const versions = packages.get(name) ?? new Map<Version, number>();
      packages.set(name, versions.set(version, made(versions.get(version) ?? 0, count)));
    }
  }
}
