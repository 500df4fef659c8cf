import { randomUUID } from 'node:crypto';
import { manifestOf } from '../archive/archive-manifest.ts';
import { inspectArchive } from '../archive/inspect.ts';
import { VitteError } from '../core/errors.ts';
import type { JournalEvent } from '../core/journal-entry.ts';
import { atStep } from '../core/publish-steps.ts';
import { versionFacts } from '../core/version-facts.ts';
import type { Outcome, VersionRecord } from '../index/port.ts';
import type { StagedBlob } from '../oci/port.ts';
import { attach } from './attach.ts';
import { type CheckedBundle, checkBundle } from './bundles.ts';
import { readPackage } from './info.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, PublishRequest, PublishResult } from './port.ts';
import { exists, requireRights, requireSamePackage, voided } from './publish-checks.ts';
import { pushContent, readThrough, stageContent } from './publish-content.ts';
import { lostOrVoided, publishedAgain } from './publish-lost.ts';
import { publishedVersion } from './version-info.ts';

/**
 * Publishes a version (`spec/journal.md`): the archive is inspected while it streams into the storage, everything
 * is pushed by digest, the journal decides, and only then a tag names it. The same content again gives the first
 * answer. Throws PKG_E_VERSION_EXISTS for other content, PKG_E_ARCHIVE_… and PKG_E_MANIFEST_… for what the
 * archive does wrong, PKG_E_MISMATCH where it is another package than the request names, PKG_E_SIGNATURE_… for
 * its signatures, PKG_E_TOKEN and PKG_E_FORBIDDEN. Whatever it throws, nothing is published. PKG_E_VERSION_VOIDED for a
 * version that the journal voided, and PKG_E_VERSION_LOST for one that it did not and whose content was stored again.
 */
export async function publish(
  parts: Parts,
  request: PublishRequest,
  context: CallContext,
): Promise<Answer<PublishResult>> {
  requireRights(request, context);
  parts.versions.checkVersion(request.name, request.version);
  const { sequence, value: record } = await readPackage(parts, request.name, context);
  const standing = record?.versions.find((version) => version.version === request.version);
  if (standing?.voided) throw await publishedAgain(parts, request, standing, context);
  if (standing) return republish(parts, request, standing, sequence, context);

  const signal = context.signal;
  const options = signal ? { signal } : {};
  const inspection = inspectArchive(request.kind, options);
  const staged = await atStep(parts.observe, 'stage archive', () =>
    stageContent(parts, request, inspection, options),
  );
  const { version, bundles } = await pushContent(
    parts,
    request,
    staged,
    inspection.result(),
    options,
  );

  const event: JournalEvent = {
    id: randomUUID(),
    actor: context.actor.account,
    event: 'published',
    package: request.name,
    version: request.version,
    digest: version.digest,
    ...(bundles.length > 0 ? { bundles: bundles.map((bundle) => bundle.artifact.digest) } : {}),
  };
  const signatures = bundles.map((bundle) => bundle.fact);
  const { document } = inspection.result();
  const facts = versionFacts(version.digest, version.manifest, document, signatures);
  // From here on the journal decides, whether the client is still there or not.
  const outcome = await parts.journal.submit({ event, role: 'admin', facts, readAt: sequence });
  const asked = { minSequence: sequence, ...context };
  // What it says was pushed before the journal was asked: it is stored again where it is the very same.
  if (outcome.status === 'refused' && outcome.code === 'PKG_E_VERSION_VOIDED')
    throw await lostOrVoided(parts, request, version.digest, asked);
  return answer(parts, request, outcome, bundles, asked);
}

/**
 * The version stands already: the archive is inspected and compared. It is not stored, unless the store has lost
 * these very bytes: then they heal it.
 */
async function republish(
  parts: Parts,
  request: PublishRequest,
  standing: VersionRecord,
  sequence: number,
  context: CallContext,
): Promise<Answer<PublishResult>> {
  const { versions } = parts;
  const options = context.signal ? { signal: context.signal } : {};
  const inspection = inspectArchive(request.kind, options);
  const content = inspection.through(request.archive);
  const isThere = await versions.archiveExists(request.name, standing.archive.digest, options);
  let staged: StagedBlob | undefined;
  try {
    if (isThere) await readThrough(content);
    else staged = await versions.stageArchive(request.name, content, options);
    const inspected = inspection.result();
    requireSamePackage(request, inspected);
    const { tarSha256 } = standing.archive;
    if (inspected.facts.tarSha256 !== tarSha256) {
      throw exists(request, { digest: standing.digest, tarSha256 });
    }
    const own = manifestOf(inspected, await parts.form.profile(options));
    const bundles = request.bundles.map((bundle) => checkBundle(bundle, own));
    if (staged && own.digest === standing.digest) {
      const lost = staged;
      staged = undefined;
      await pushContent(parts, request, lost, inspected, options);
    }
    return await existingAnswer(parts, request, standing, sequence, bundles, context);
  } finally {
    await staged?.abort();
  }
}

/** Turns the journal's word into the answer, and writes the tags that the journal now says. */
async function answer(
  parts: Parts,
  request: PublishRequest,
  outcome: Outcome,
  bundles: CheckedBundle[],
  context: CallContext,
): Promise<Answer<PublishResult>> {
  if (outcome.status === 'refused') throw new VitteError(outcome.code, outcome.message, outcome);
  const { sequence, value: record } = await readPackage(parts, request.name, {
    ...context,
    minSequence: outcome.n,
  });
  const standing = record?.versions.find((version) => version.version === request.version);
  if (!standing || standing.voided) throw voided(request);
  if (outcome.status === 'existing') {
    return existingAnswer(parts, request, standing, sequence, bundles, context);
  }
  await writeTags(parts, request, standing, bundles);
  const published = publishedVersion(request.name, standing);
  return { sequence, value: { created: true, published, notAttached: [] } };
}

async function existingAnswer(
  parts: Parts,
  request: PublishRequest,
  standing: VersionRecord,
  sequence: number,
  bundles: CheckedBundle[],
  context: CallContext,
): Promise<Answer<PublishResult>> {
  const signing = bundles.filter(({ subject }) => subject === standing.digest);
  await attach(parts, request, standing, signing, { sequence, context });
  await writeTags(parts, request, standing, signing);
  const notAttached = bundles
    .filter(({ subject }) => subject !== standing.digest)
    .map(({ artifact }) => ({
      digest: artifact.bundle.digest,
      reason: 'it signs the manifest of another compression of the same content',
    }));
  const published = publishedVersion(request.name, standing);
  return { sequence, value: { created: false, published, notAttached } };
}

/** The version is published whether or not this succeeds: the journal's writer tags what is left untagged. */
async function writeTags(
  parts: Parts,
  request: PublishRequest,
  standing: VersionRecord,
  bundles: CheckedBundle[],
) {
  const { observe, versions } = parts;
  const { name, version } = request;
  const referrers = bundles.map(({ artifact }) => artifact.digest);
  try {
    await atStep(observe, 'tag version', () => versions.tagVersion(name, version, standing.digest));
    await atStep(observe, 'tag referrers', () => versions.tagReferrers(name, referrers));
  } catch (error) {
    parts.onError(error);
  }
}
