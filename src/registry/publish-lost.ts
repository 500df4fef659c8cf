// A version that the index holds as voided. Either the journal voided it, or the storage had lost its content when the
// index was made: then the very same content heals it.
import { manifestOf } from '../archive/archive-manifest.ts';
import { inspectArchive } from '../archive/inspect.ts';
import type { VitteError } from '../core/errors.ts';
import type { VoidedRecord } from '../index/port.ts';
import { feedEntries } from '../index/walks.ts';
import type { StagedBlob } from '../oci/port.ts';
import { readPackage } from './info.ts';
import type { Parts } from './parts.ts';
import type { CallContext, PublishRequest } from './port.ts';
import { lost, requireSamePackage, voided } from './publish-checks.ts';
import { pushContent, stageContent } from './publish-content.ts';

/**
 * Stores the content of a lost version again where it gives the manifest that the journal names. Gives the error that
 * answers the publish: PKG_E_VERSION_LOST where it did, PKG_E_VERSION_VOIDED for other content and for a version that
 * the journal voided. Throws what `publish` does for a bad archive.
 */
export async function publishedAgain(
  parts: Parts,
  request: PublishRequest,
  standing: VoidedRecord,
  context: CallContext,
): Promise<VitteError> {
  const { versions, form } = parts;
  const options = context.signal ? { signal: context.signal } : {};
  const inspection = inspectArchive(request.kind, options);
  let staged: StagedBlob | undefined = await stageContent(parts, request, inspection, options);
  try {
    const inspected = inspection.result();
    requireSamePackage(request, inspected);
    const own = manifestOf(inspected, await form.profile(options));
    if (own.digest !== standing.digest) return voided(request);
    if (await isVoided(parts, request, standing, context)) return voided(request);
    const again = staged;
    staged = undefined;
    await pushContent(parts, request, again, inspected, options);
    await versions.tagVersion(request.name, request.version, standing.digest, options);
    return lost(request);
  } finally {
    await staged?.abort();
  }
}

/** The error for a version that the writer finds voided, whose content was pushed before. */
export async function lostOrVoided(
  parts: Parts,
  request: PublishRequest,
  digest: VoidedRecord['digest'],
  context: CallContext,
): Promise<VitteError> {
  const { value: record } = await readPackage(parts, request.name, context);
  const standing = record?.versions.find(({ version }) => version === request.version);
  const isSame = standing?.voided === true && standing.digest === digest;
  if (!isSame || (await isVoided(parts, request, standing, context))) return voided(request);
  return lost(request);
}

/**
 * Whether an entry of the journal voids the version; else only this index lacks it. Reads the feed behind the entry
 * that published it: who brings a voided version's very content again is rare.
 */
async function isVoided(
  { reader }: Parts,
  { name, version }: PublishRequest,
  standing: VoidedRecord,
  context: CallContext,
): Promise<boolean> {
  const entries = feedEntries(async (page) => {
    return (await reader.read((index, options) => index.feed(page, options), context)).value;
  }, standing.sequence);
  for await (const entry of entries) {
    if (entry.event !== 'voided') continue;
    if (entry.package === name && entry.version === version) return true;
  }
  return false;
}
