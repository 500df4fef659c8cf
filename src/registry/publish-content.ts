// A version's content on its way into the storage, before any name points at it.
import { manifestOf } from '../archive/archive-manifest.ts';
import type { ArchiveInspection, InspectedArchive } from '../archive/port.ts';
import { sha256 } from '../core/digest.ts';
import { atStep } from '../core/publish-steps.ts';
import type { VersionManifest } from '../core/version-manifest.ts';
import type { StagedBlob } from '../oci/port.ts';
import { type CheckedBundle, checkBundle } from './bundles.ts';
import type { Parts } from './parts.ts';
import type { PublishRequest } from './port.ts';
import { requireSameManifest, requireSamePackage } from './publish-checks.ts';

/** Checks the whole package and pushes it by digest; no name points at it yet. */
export async function pushContent(
  parts: Parts,
  request: PublishRequest,
  staged: StagedBlob,
  inspected: InspectedArchive,
  options: { signal?: AbortSignal },
): Promise<{ version: VersionManifest; bundles: CheckedBundle[] }> {
  const { observe, versions } = parts;
  const { name } = request;
  try {
    const profile = await parts.form.profile(options);
    const checked = await atStep(observe, 'check', async () => {
      requireSamePackage(request, inspected);
      const version = manifestOf(inspected, profile);
      requireSameManifest(request, version);
      return { version, bundles: request.bundles.map((bundle) => checkBundle(bundle, version)) };
    });
    const { version, bundles } = checked;
    await atStep(observe, 'push archive', () => staged.commit(options));
    await atStep(observe, 'push config', () => versions.pushConfig(name, version, options));
    await atStep(observe, 'push readme', async () => {
      const bytes = inspected.readme?.bytes;
      if (bytes) await versions.pushReadme(name, { digest: sha256(bytes), bytes }, options);
    });
    await atStep(observe, 'push manifest', () => versions.pushManifest(name, version, options));
    await atStep(observe, 'push bundles', async () => {
      for (const bundle of bundles) await versions.pushBundle(name, bundle.artifact, options);
    });
    return checked;
  } catch (error) {
    await staged.abort();
    throw error;
  }
}

/** Takes a request's archive in, through its inspection; one that was pushed before is only read. */
export function stageContent(
  { versions }: Pick<Parts, 'versions'>,
  request: PublishRequest,
  inspection: ArchiveInspection,
  options: { signal?: AbortSignal },
): Promise<StagedBlob> {
  const content = inspection.through(request.archive);
  return request.manifest === undefined
    ? versions.stageArchive(request.name, content, options)
    : readStored(content, inspection);
}

/** An archive that is in the storage already, as if it had been staged. */
async function readStored(
  content: AsyncIterable<Uint8Array>,
  inspection: ArchiveInspection,
): Promise<StagedBlob> {
  await readThrough(content);
  const { digest, size } = inspection.result();
  const descriptor = { mediaType: 'application/octet-stream', digest, size };
  return { digest, size, commit: async () => descriptor, abort: async () => {} };
}

/** For the inspection alone. */
export async function readThrough(content: AsyncIterable<Uint8Array>) {
  for await (const _ of content);
}
