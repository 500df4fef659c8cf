import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileBytes, inspectFile } from '../../archive/inspect.ts';
import type { RegistryClient, VersionAnswer } from '../../client/port.ts';
import { isVitteError, VitteError } from '../../core/errors.ts';
import { type ArchiveKind, archiveKindOf } from '../../core/media-types.ts';
import { archiveFileName } from '../../core/version-manifest.ts';
import { serializeBundleFile } from '../../signing/bundle-file.ts';
import type { Invocation } from '../command.ts';
import { withRegistry } from '../compose.ts';
import { renameOver, replaceFile, writeFileTo, writeThrough } from '../new-file.ts';
import { parsePackageSpec, pickVersion } from '../package-spec.ts';
import { showProgress, withProgress } from '../progress.ts';
import { spoken, usageError } from '../spoken-error.ts';
import { withFileBeside, withTemporaryFolder } from '../temporary-files.ts';
import {
  checkAgainstRecord,
  registrySignatures,
  type Verified,
  verifySignatures,
} from '../verification.ts';

/** Where the archive goes: a file of its own, or through something that is there (standard output, a device). */
type Target = { file: string; shown: string } | { through: string | undefined };

/**
 * `vitte registry fetch NAME[@REQ]`: downloads beside the target, verifies archive, manifest and signatures,
 * and only then gives it its name. Nothing is left behind when anything fails.
 */
export async function run(invocation: Invocation): Promise<void> {
  const spec = parsePackageSpec(invocation.arguments[0] ?? '');
  checkOptions(invocation);
  await withRegistry(invocation, async ({ client }) => {
    const record = await pickVersion(client, spec, invocation);
    const kind = kindOf(record);
    const target = await targetOf(invocation, record, kind);
    const what = `${record.name}@${record.version}`;
    if (record.yanked) invocation.output.warn(invocation.messages.fetch.yanked(what));
    await withRoom(target, async (temporary) => {
      const verified = await download(client, record, { kind, temporary }, invocation);
      await deliver(target, temporary, verified, invocation);
      await tell(target, record, verified, invocation);
    });
  });
}

function checkOptions({ options, messages, output }: Invocation) {
  if (options.text('output') !== '-') return;
  for (const [option, given] of [
    ['--json', output.json],
    ['--bundle', options.flag('bundle')],
  ] as const) {
    if (given) throw usageError(messages.usage.together('--output -', option));
  }
}

function kindOf({ archive }: VersionAnswer): ArchiveKind {
  const kind = archiveKindOf(archive.mediaType);
  if (kind) return kind;
  const type = JSON.stringify(archive.mediaType.slice(0, 100));
  throw new VitteError('PKG_E_REGISTRY_ANSWER', `the archive is of the unknown type ${type}`);
}

/** The file name is made here from name and version: what the registry calls it is not looked at. */
async function targetOf(
  { options, environment, messages }: Invocation,
  { name, version }: VersionAnswer,
  kind: ArchiveKind,
): Promise<Target> {
  const stated = options.text('output');
  if (stated === '-') return { through: undefined };
  const shown = stated ?? archiveFileName(name, version, kind);
  const file = resolve(environment.cwd, shown);
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory()) throw spoken('PKG_E_FILE', messages.fetch.targetFolder(shown));
  // A device or pipe is written to; renaming over it would take it away.
  return found && !found.isFile() ? { through: file } : { file, shown };
}

/** A file to download into: beside the target, so that it can be renamed, else in a folder of its own. */
function withRoom(target: Target, work: (temporary: string) => Promise<void>): Promise<void> {
  if ('file' in target) return withFileBeside(target.file, work);
  return withTemporaryFolder((folder) => work(join(folder, 'archive')));
}

async function download(
  client: RegistryClient,
  record: VersionAnswer,
  place: { kind: ArchiveKind; temporary: string },
  invocation: Invocation,
): Promise<Verified> {
  const { signal, messages } = invocation;
  const { name, version, archive } = record;
  const progress = showProgress(invocation, messages.progress.fetch);
  try {
    const bytes = client.download(name, version, archive, { signal });
    await writeFileTo(place.temporary, withProgress(bytes, archive.bytes, progress));
  } finally {
    progress.end();
  }
  const digest = await inspectDownload(record, place, signal);
  return verifySignatures(digest, await registrySignatures(client, record, invocation));
}

/** What is wrong with an archive that a registry published is wrong with the registry. */
async function inspectDownload(
  record: VersionAnswer,
  { kind, temporary }: { kind: ArchiveKind; temporary: string },
  signal: AbortSignal,
) {
  try {
    return checkAgainstRecord(await inspectFile(temporary, { kind, signal }), record);
  } catch (cause) {
    if (!isVitteError(cause) || cause.kind === 'integrity' || cause.code === 'PKG_E_FILE')
      throw cause;
    throw new VitteError(
      'PKG_E_INTEGRITY',
      `the archive of ${record.name}@${record.version} is unsound: ${cause.message}`,
      { cause, ...(cause.data ? { data: cause.data } : {}) },
    );
  }
}

async function deliver(
  target: Target,
  temporary: string,
  { signatures }: Verified,
  { options, output, messages }: Invocation,
) {
  if (!('file' in target)) {
    if (target.through === undefined) return output.bytes(fileBytes(temporary));
    return writeThrough(target.through, temporary);
  }
  if (options.flag('bundle')) {
    if (signatures.length === 0) output.note(messages.fetch.noBundle);
    else await replaceFile(`${target.file}.bundle`, serializeBundleFile(signatures));
  }
  await renameOver(temporary, target.file);
}

async function tell(
  target: Target,
  record: VersionAnswer,
  { digest, kids }: Verified,
  { output }: Invocation,
) {
  const { name, version, archive, yanked } = record;
  const signers = kids.length === 0 ? ['unsigned'] : kids.map((kid) => `signed ${kid}`);
  if (!('file' in target)) {
    for (const line of [`fetched ${name}@${version} ${digest}`, ...signers]) output.note(line);
    return;
  }
  const document = {
    schema: 'vitte.registry.fetch',
    name,
    version,
    digest,
    archive: { digest: archive.digest, bytes: archive.bytes },
    file: target.file,
    signatures: kids.map((kid) => ({ kid })),
    yanked,
  };
  await output.answer(document, (paper) => {
    paper.line(`fetched ${name}@${version} ${target.shown}`);
    for (const line of signers) paper.line(line);
  });
}
