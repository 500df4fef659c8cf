import { randomUUID } from 'node:crypto';
import { manifestOf } from '../archive/archive-manifest.ts';
import { inspectArchive } from '../archive/inspect.ts';
import { mapConcurrently } from '../core/concurrency.ts';
import type { Digest } from '../core/digest.ts';
import { isVitteError, VitteError } from '../core/errors.ts';
import type { JournalEvent } from '../core/journal-entry.ts';
import { bundlesMax } from '../core/limits.ts';
import { archiveKindOf, mediaTypes } from '../core/media-types.ts';
import type { PackageName } from '../core/name.ts';
import { compareVersions, type Version, versionOfTag, versionTag } from '../core/version.ts';
import { versionFacts } from '../core/version-facts.ts';
import { profileOf } from '../core/version-manifest.ts';
import { parseImageManifest } from '../oci/manifest.ts';
import type { CallOptions, Registry, Repository } from '../oci/port.ts';
import { attach } from './attach.ts';
import type { CheckedBundle } from './bundles.ts';
import { readPackage } from './info.ts';
import type { Parts } from './parts.ts';
import type { CallContext } from './port.ts';
import { exists } from './publish-checks.ts';
import { readSignatureReferrer } from './signature-referrer.ts';

/** What became of a version that was found. */
export type Adoption = {
  name: PackageName;
  version: Version;
  digest: Digest;
  /** `known`: the journal had it. `refused`: `error` says why. */
  status: 'adopted' | 'known' | 'refused';
  signatures: number;
  /** Referrers of a signature's type that are none, or not valid: they stay where they are. */
  ignored: number;
  error?: VitteError;
};

/** Packages at once; the versions of one come one after the other, so that the journal has them in their order. */
const packagesAtOnce = 8;
/** Referrers of one version that are looked at. */
const referrersMax = 256;

/**
 * Takes in what lies in the repositories of these packages and is in no journal: each version under its tag, with the
 * signatures that refer to it, as an ordinary publish of the caller's. The archive is read and inspected, and must give
 * the very manifest that lies there, by either profile; a signature that names its key must be valid. What can't be
 * taken in is told and left as it is. Throws what is no fault of a package's: a storage or an index that is away.
 */
export async function adopt(
  parts: Parts,
  storage: Registry,
  names: readonly PackageName[],
  context: CallContext,
  onAdoption: (adoption: Adoption) => void,
): Promise<void> {
  const { signal } = context;
  const options = signal ? { signal } : {};
  await mapConcurrently(names, packagesAtOnce, async (name) => {
    const repository = storage.repository(name);
    for (const version of await versionsIn(repository, options)) {
      const found = await find(repository, version, options);
      if (!found) continue;
      onAdoption(await adoptVersion(parts, repository, { name, version, ...found }, context));
    }
  });
}

type Found = { digest: Digest; bytes: Uint8Array };

async function versionsIn(repository: Repository, options: CallOptions): Promise<Version[]> {
  const versions: Version[] = [];
  for await (const tag of repository.tags(options)) {
    const version = versionOfTag(tag);
    if (version !== undefined) versions.push(version);
  }
  return versions.sort(compareVersions);
}

/** The manifest under a version's tag; undefined for what is none of a package's version. */
async function find(
  { manifests }: Repository,
  version: Version,
  options: CallOptions,
): Promise<Found | undefined> {
  const stored = await manifests.fetch(versionTag(version), options);
  if (stored?.descriptor.mediaType !== mediaTypes.ociManifest) return undefined;
  try {
    if (profileOf(parseImageManifest(stored.bytes)) === undefined) return undefined;
  } catch (error) {
    if (isVitteError(error, 'PKG_E_STORAGE_ANSWER')) return undefined;
    throw error;
  }
  return { digest: stored.descriptor.digest, bytes: stored.bytes };
}

type Wanted = Found & { name: PackageName; version: Version };

async function adoptVersion(
  parts: Parts,
  repository: Repository,
  wanted: Wanted,
  context: CallContext,
): Promise<Adoption> {
  const { name, version, digest } = wanted;
  const about = { name, version, digest };
  try {
    const { sequence, value: record } = await readPackage(parts, name, context);
    const standing = record?.versions.find((one) => one.version === version);
    if (standing && standing.digest !== digest) throw exists(wanted, standing);
    if (standing) return { ...about, status: 'known', signatures: 0, ignored: 0 };
    const counts = await publishFound(parts, repository, wanted, sequence, context);
    return { ...about, status: 'adopted', ...counts };
  } catch (error) {
    context.signal?.throwIfAborted();
    if (!isVitteError(error) || error.kind === 'unavailable') throw error;
    return { ...about, status: 'refused', signatures: 0, ignored: 0, error };
  }
}

/** Journals a version as it lies there, with its signatures. */
async function publishFound(
  parts: Parts,
  repository: Repository,
  wanted: Wanted,
  sequence: number,
  context: CallContext,
): Promise<{ signatures: number; ignored: number }> {
  const { name, version, digest } = wanted;
  const { signal } = context;
  const options = signal ? { signal } : {};
  const document = await inspected(parts, wanted, options);
  const { bundles, ignored } = await signaturesOf(repository, digest, options);
  const [own, later] = [bundles.slice(0, bundlesMax), bundles.slice(bundlesMax)];
  const event: JournalEvent = {
    id: randomUUID(),
    actor: context.actor.account,
    event: 'published',
    package: name,
    version,
    digest,
    ...(own.length > 0 ? { bundles: own.map(({ artifact }) => artifact.digest) } : {}),
  };
  const manifest = parseImageManifest(wanted.bytes);
  const facts = versionFacts(
    digest,
    manifest,
    document,
    own.map(({ fact }) => fact),
  );
  const outcome = await parts.journal.submit(
    { event, role: 'admin', facts, readAt: sequence },
    options,
  );
  if (outcome.status === 'refused') throw new VitteError(outcome.code, outcome.message, outcome);
  if (later.length > 0) await attachLater(parts, wanted, later, outcome.n, context);
  await parts.versions.tagReferrers(
    name,
    bundles.map(({ artifact }) => artifact.digest),
    options,
  );
  return { signatures: bundles.length, ignored };
}

/** Reads the archive through, and compares what it makes with what lies there. Gives the package's document. */
async function inspected(
  parts: Parts,
  { name, version, digest, bytes }: Wanted,
  options: CallOptions,
) {
  const { layers } = parseImageManifest(bytes);
  for (const layer of layers) {
    const kind = archiveKindOf(layer.mediaType);
    if (!kind) continue;
    const blob = await parts.versions.openArchive(name, layer.digest, options);
    if (!blob) throw mismatch(`its archive ${layer.digest} is not there`);
    const inspection = inspectArchive(kind, options);
    for await (const _ of inspection.through(blob.body));
    const archive = inspection.result();
    const profile = profileOf(parseImageManifest(bytes));
    const made = manifestOf(archive, profile);
    const { document } = archive;
    if (document.name !== name || document.version !== version) {
      throw mismatch(`its archive holds ${document.name}@${document.version}`);
    }
    if (made.digest !== digest) throw mismatch(`its archive makes the manifest ${made.digest}`);
    return document;
  }
  throw mismatch('its manifest names no archive');
}

/** The signatures that refer to a version, in the order of their digests. What is none, or not valid, stays a referrer. */
async function signaturesOf(
  repository: Repository,
  subject: Digest,
  options: CallOptions,
): Promise<{ bundles: CheckedBundle[]; ignored: number }> {
  const digests: Digest[] = [];
  const wanted = { ...options, artifactType: mediaTypes.sigstoreBundle };
  for await (const { digest } of repository.referrers(subject, wanted)) {
    digests.push(digest);
    if (digests.length === referrersMax) break;
  }
  const bundles: CheckedBundle[] = [];
  for (const digest of digests.sort()) {
    const stored = await repository.manifests.fetch(digest, options);
    const bundle = stored && (await validSignature(repository, stored.bytes, subject, options));
    if (bundle) bundles.push(bundle);
  }
  return { bundles, ignored: digests.length - bundles.length };
}

async function validSignature(
  repository: Repository,
  bytes: Uint8Array,
  subject: Digest,
  options: CallOptions,
): Promise<CheckedBundle | undefined> {
  try {
    return await readSignatureReferrer(repository, bytes, subject, options);
  } catch (error) {
    if (isVitteError(error) && (error.kind === 'refused' || error.kind === 'upstream'))
      return undefined;
    throw error;
  }
}

async function attachLater(
  parts: Parts,
  { name, version }: Wanted,
  bundles: CheckedBundle[],
  sequence: number,
  context: CallContext,
) {
  const at = { ...context, minSequence: sequence };
  const { value: record } = await readPackage(parts, name, at);
  const standing = record?.versions.find((one) => one.version === version);
  if (!standing || standing.voided) return;
  await attach(parts, { name, version }, standing, bundles, { sequence, context: at });
}

function mismatch(message: string) {
  return new VitteError('PKG_E_MISMATCH', message);
}
