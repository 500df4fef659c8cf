// Manifests and documents that the storage lost, made again: both are pure functions of what the index and the
// snapshots hold of a version, so the digest tells whether they are the very bytes.
import type { Digest } from '../core/digest.ts';
import { isVitteError } from '../core/errors.ts';
import { manifestProfiles } from '../core/manifest-profile.ts';
import { archiveKindOf } from '../core/media-types.ts';
import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import type { VersionFacts } from '../core/version-facts.ts';
import { type VersionManifest, versionManifest } from '../core/version-manifest.ts';
import type { Index, PackageRecord } from '../index/port.ts';
import type { SnapshotStore } from '../storage/snapshots.ts';
import type { VersionStore } from '../storage/version-store.ts';
import { type Finding, mendingOf } from './findings.ts';
import { readRecord } from './snapshot-rows.ts';

export type ContentParts = {
  versions: VersionStore;
  snapshots: SnapshotStore;
  /** Where versions are looked up first. */
  index: Pick<Index, 'package'>;
  /** Told of what could not be read or pushed. */
  onError(error: unknown): void;
};
type Options = { signal?: AbortSignal };

/**
 * Pushes again each manifest and document that these findings miss, from the index's record of the version or else
 * the package's snapshot, where they give the digest that is missing. Nothing else is pushed. Gives how many were.
 */
export async function restoreContent(
  parts: ContentParts,
  findings: readonly Finding[],
  options: Options = {},
): Promise<number> {
  const { versions, onError } = parts;
  let restored = 0;
  for (const finding of findings) {
    const { package: name, digest, detail } = finding;
    if (mendingOf(finding) !== 'content' || !name || !digest) continue;
    try {
      const made = await madeAgain(parts, name, { version: finding.version, digest }, options);
      if (!made) continue;
      await versions.pushConfig(name, made, options);
      if (detail === 'manifest') await versions.pushManifest(name, made, options);
      restored += 1;
    } catch (error) {
      options.signal?.throwIfAborted();
      onError(error);
    }
  }
  return restored;
}

/**
 * The versions of a store that is read for a new index: what is missing of one is made again, and pushed, where it can
 * be. What cannot is gone, as before.
 */
export function healingVersions(parts: ContentParts): VersionStore {
  const { versions, onError } = parts;
  return {
    ...versions,
    async facts(name, digest, bundles, options = {}) {
      const { facts, error: damage } = await intact(() =>
        versions.facts(name, digest, bundles, options),
      );
      if (facts) return facts;
      try {
        const made = await madeAgain(parts, name, { digest }, options);
        if (!made) return asBefore(damage);
        await versions.pushConfig(name, made, options);
        await versions.pushManifest(name, made, options);
      } catch (error) {
        options.signal?.throwIfAborted();
        if (error === damage) throw error;
        onError(error);
        return asBefore(damage);
      }
      return versions.facts(name, digest, bundles, options);
    },
  };
}

/** What is damaged may be made again as well as what is gone. */
async function intact<T>(read: () => Promise<T>): Promise<{ facts?: T; error?: unknown }> {
  try {
    return { facts: await read() };
  } catch (error) {
    if (isVitteError(error, 'PKG_E_INTEGRITY')) return { error };
    throw error;
  }
}

function asBefore(damage: unknown): undefined {
  if (damage !== undefined) throw damage;
}

type Wanted = { version?: Version | undefined; digest: Digest };

/** The version whose manifest, or whose document, has this digest. */
async function madeAgain(
  parts: ContentParts,
  name: PackageName,
  { version, digest }: Wanted,
  options: Options,
): Promise<VersionManifest | undefined> {
  for (const read of [indexRecord, snapshotRecord]) {
    const record = await read(parts, name, options);
    for (const facts of record?.versions ?? []) {
      const isMeant = version === undefined ? facts.digest === digest : facts.version === version;
      if (!isMeant || facts.voided) continue;
      const found = manifestsOf(facts).find(
        (made) => made.digest === digest || made.config.descriptor.digest === digest,
      );
      if (found) return found;
    }
  }
  return undefined;
}

/** By each profile: the digest tells which was the registry's. */
function manifestsOf({ document, archive, readme }: VersionFacts): VersionManifest[] {
  const kind = archiveKindOf(archive.mediaType);
  if (!kind) return [];
  const input = {
    document,
    archive: { kind, digest: archive.digest, size: archive.bytes },
    readme: readme && { digest: readme.digest, size: readme.bytes },
  };
  return manifestProfiles.map((profile) => versionManifest(input, profile));
}

async function indexRecord(
  { index }: ContentParts,
  name: PackageName,
  options: Options,
): Promise<PackageRecord | undefined> {
  try {
    return (await index.package(name, options)).value;
  } catch (error) {
    // A record that can't be read is a finding of its own, and the snapshot may have it.
    if (!isVitteError(error, 'PKG_E_INDEX_UNAVAILABLE')) throw error;
    return undefined;
  }
}

async function snapshotRecord(
  { snapshots }: ContentParts,
  name: PackageName,
  options: Options,
): Promise<PackageRecord | undefined> {
  try {
    const state = await snapshots.state(name, options);
    const bytes = state && (await snapshots.record(name, state.record, options));
    return bytes && readRecord(bytes, name);
  } catch (error) {
    if (!isVitteError(error, 'PKG_E_STORE_FORMAT', 'PKG_E_INTEGRITY')) throw error;
    return undefined;
  }
}
