// Versions made without an archive: what the journal and the index need of one, and how it lies in a store.
import { sha256, sha256Hex } from '../../src/core/digest.ts';
import type { PackageDocument } from '../../src/core/document.ts';
import type { JournalEvent } from '../../src/core/journal-entry.ts';
import { parsePackageName } from '../../src/core/name.ts';
import { parseRequirement } from '../../src/core/requirement.ts';
import { parseVersion } from '../../src/core/version.ts';
import { type VersionFacts, versionFacts } from '../../src/core/version-facts.ts';
import { type VersionManifest, versionManifest } from '../../src/core/version-manifest.ts';
import type { VersionStore } from '../../src/storage/version-store.ts';

export type SampleVersion = { archive: Buffer; manifest: VersionManifest; facts: VersionFacts };

/** A version of a package whose content is this text, and what it depends on. */
export function sampleVersion(
  name: string,
  version: string,
  content = 'content',
  dependencies: Record<string, string> = {},
): SampleVersion {
  const archive = Buffer.from(`archive of ${content}`);
  const document: PackageDocument = {
    schema: 'vitte.package.document.v1',
    name: parsePackageName(name),
    version: parseVersion(version),
    kind: 'library',
    entry: 'src/lib.vit',
    tests: [],
    dependencies: Object.entries(dependencies).map(([on, requirement]) => ({
      name: parsePackageName(on),
      requirement: parseRequirement(requirement),
      source: 'registry',
    })),
    manifest: 'vitte-package.json',
    archive: { tarSha256: sha256Hex(content), unpackedBytes: content.length, files: 1 },
    sourceSha256: sha256Hex(`sources ${content}`),
    registryChecksum: sha256Hex(`checksum ${content}`),
  };
  const manifest = versionManifest({
    document,
    archive: { kind: 'vitmod', digest: sha256(archive), size: archive.length },
    readme: undefined,
  });
  const facts = versionFacts(manifest.digest, manifest.manifest, document, []);
  return { archive, manifest, facts };
}

/** Pushes a sample by digest, as a publisher does before it asks the journal. */
export async function pushSample(versions: VersionStore, sample: SampleVersion) {
  const { name } = sample.facts.document;
  const staged = await versions.stageArchive(
    name,
    (async function* () {
      yield sample.archive;
    })(),
  );
  await staged.commit();
  await versions.pushConfig(name, sample.manifest);
  await versions.pushManifest(name, sample.manifest);
}

/** The event that publishes a sample. */
export function publishedEvent(sample: SampleVersion, id: string): JournalEvent {
  const { name, version } = sample.facts.document;
  return {
    id,
    actor: 'admin',
    event: 'published',
    package: name,
    version,
    digest: sample.manifest.digest,
  };
}
