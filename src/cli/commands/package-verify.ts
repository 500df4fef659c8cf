import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { inspectFile, kindOfFile } from '../../archive/inspect.ts';
import type { InspectedArchive } from '../../archive/port.ts';
import type { RegistryClient, VersionAnswer } from '../../client/port.ts';
import { isVitteError, VitteError } from '../../core/errors.ts';
import { archiveKindOf } from '../../core/media-types.ts';
import { bundleFileBytesMax, parseBundleFile } from '../../signing/bundle-file.ts';
import type { Invocation } from '../command.ts';
import { withRegistry } from '../compose.ts';
import { writeFileTo } from '../new-file.ts';
import { parsePackageSpec, pickVersion } from '../package-spec.ts';
import { showProgress, withProgress } from '../progress.ts';
import { readIfThere } from '../small-file.ts';
import { withTemporaryFolder } from '../temporary-files.ts';
import {
  checkAgainstRecord,
  registrySignatures,
  signedDigest,
  type Verified,
  verifySignatures,
} from '../verification.ts';

type Verdict = Verified & {
  archive: InspectedArchive;
  /** Where the signatures came from: a bundle file's path or a registry's URL. */
  source: string;
  /** Whether a registry was asked and has this version. */
  published?: boolean;
};

/**
 * `vitte package verify FILE|NAME@VERSION`: recomputes the version's manifest and verifies its signatures, from
 * FILE.bundle, else from the registry. Says who signed, or `unsigned`.
 */
export async function run(invocation: Invocation): Promise<void> {
  const subject = invocation.arguments[0] ?? '';
  const file = resolve(invocation.environment.cwd, subject);
  const verdict = (await isArchive(file))
    ? await verifyFile(file, invocation)
    : await verifyPublished(subject, invocation);
  await tell(verdict, invocation);
}

/** By its suffix, so that a file that is missing is not looked for in a registry; else by being there. */
async function isArchive(file: string): Promise<boolean> {
  if (/\.vit(?:mod|pkg)$/.test(file)) return true;
  return (await stat(file).catch(() => undefined))?.isFile() === true;
}

async function verifyFile(file: string, invocation: Invocation): Promise<Verdict> {
  const archive = await inspectFile(file, { kind: kindOfFile(file), signal: invocation.signal });
  const bundleFile = `${file}.bundle`;
  const beside = await readIfThere(bundleFile, bundleFileBytesMax);
  if (beside) {
    const signatures = parseBundleFile(beside);
    const digest = signedDigest(archive, signatures);
    return { archive, source: bundleFile, ...verifySignatures(digest, signatures) };
  }
  return verifyByRegistry(archive, invocation);
}

async function verifyByRegistry(
  archive: InspectedArchive,
  invocation: Invocation,
): Promise<Verdict> {
  const { name, version } = archive.document;
  const { output, messages, signal } = invocation;
  return withRegistry(invocation, async ({ client }) => {
    try {
      const record = await client.versionInfo(name, version, { signal });
      const digest = checkAgainstRecord(archive, record);
      const signatures = await registrySignatures(client, record, invocation);
      const verified = verifySignatures(digest, signatures);
      return { archive, source: client.url, published: true, ...verified };
    } catch (error) {
      if (isVitteError(error, 'PKG_E_NOT_FOUND')) {
        output.note(messages.verify.notPublished(`${name}@${version}`, client.url));
        const digest = signedDigest(archive);
        return { archive, source: client.url, published: false, digest, kids: [], signatures: [] };
      }
      throw isVitteError(error, 'PKG_E_REGISTRY_UNAVAILABLE')
        ? new VitteError(error.code, error.message, {
            cause: error,
            help: messages.verify.bundleHelp,
          })
        : error;
    }
  });
}

async function verifyPublished(subject: string, invocation: Invocation): Promise<Verdict> {
  const spec = parsePackageSpec(subject);
  return withRegistry(invocation, async ({ client }) => {
    const record = await pickVersion(client, spec, invocation);
    return withTemporaryFolder(async (folder) => {
      const archive = await downloaded(client, record, join(folder, 'archive'), invocation);
      const digest = checkAgainstRecord(archive, record);
      const signatures = await registrySignatures(client, record, invocation);
      const verified = verifySignatures(digest, signatures);
      return { archive, source: client.url, published: true, ...verified };
    });
  });
}

async function downloaded(
  client: RegistryClient,
  { name, version, archive }: VersionAnswer,
  file: string,
  invocation: Invocation,
): Promise<InspectedArchive> {
  const { signal, messages } = invocation;
  const progress = showProgress(invocation, messages.progress.fetch);
  try {
    const bytes = client.download(name, version, archive, { signal });
    await writeFileTo(file, withProgress(bytes, archive.bytes, progress));
  } finally {
    progress.end();
  }
  return inspectFile(file, { kind: archiveKindOf(archive.mediaType) ?? 'vitmod', signal });
}

async function tell(verdict: Verdict, { output }: Invocation) {
  const { archive, digest, kids, source, published } = verdict;
  const { name, version } = archive.document;
  const document = {
    schema: 'vitte.package.verify',
    name,
    version,
    digest,
    tar_sha256: archive.facts.tarSha256,
    source_sha256: archive.facts.sourceSha256,
    published,
    signed: kids.length > 0,
    signatures: kids.map((kid) => ({ kid })),
    signatures_from: source,
  };
  await output.answer(document, (paper) => {
    paper.line(`verified ${name}@${version} ${digest}`);
    if (kids.length === 0) paper.line('unsigned');
    for (const kid of kids) paper.line(`signed ${kid}`);
  });
}
