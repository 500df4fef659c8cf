import { resolve } from 'node:path';
import { type PackageName, parsePackageName } from '../../core/name.ts';
import type { Adoption } from '../../registry/adopt.ts';
import type { Invocation } from '../command.ts';
import { showPace } from '../pace.ts';
import { readSmallFile } from '../small-file.ts';
import { answeredNo, usageError } from '../spoken-error.ts';
import { printFindings } from '../store-findings.ts';
import { serverFlags } from './registry-serve.ts';

/** Of a file with names: a million of them. */
const nameFileBytesMax = 130 * 1024 * 1024;

/**
 * `vitte registry rebuild`: makes the index anew, compares it with the journal (`--verify`), or takes packages in that
 * no journal knows (`--adopt`).
 */
export async function run(invocation: Invocation): Promise<void> {
  const { options, messages } = invocation;
  const modes = ['deep', 'verify', 'adopt'].filter((option) => options.flag(option));
  if (modes.length > 1) throw usageError(messages.usage.together(`--${modes[0]}`, `--${modes[1]}`));
  const namesGiven = invocation.arguments.length > 0 || options.text('from') !== undefined;
  if (namesGiven && !options.flag('adopt')) throw usageError(messages.upkeep.namesNeedAdopt);
  if (options.flag('adopt')) return adopt(invocation);
  return options.flag('verify') ? compare(invocation) : rebuildIndex(invocation);
}

async function rebuildIndex(invocation: Invocation): Promise<void> {
  const { options, output, messages } = invocation;
  const progress = showPace(invocation, messages.upkeep.progress.rebuild);
  const { rebuild } = await import('../../server/rebuild.ts');
  const deep = options.flag('deep');
  const rebuilt = await rebuild({
    ...storeOf(invocation),
    deep,
    onProgress: progress.at,
  }).finally(progress.end);
  const { store, sequence, packages, objects, resumed, gone } = rebuilt;
  const lost = gone?.count ?? 0;
  const names = gone?.versions.map(({ name, version }) => `${name}@${version}`) ?? [];
  if (resumed > 0) output.note(messages.upkeep.resumed(resumed));
  const document = {
    schema: 'vitte.registry.rebuild',
    status: lost === 0 ? 'ok' : 'error',
    from: deep ? 'manifests' : 'snapshots',
    store,
    sequence,
    packages,
    objects,
    resumed,
    ...(gone ? { gone } : {}),
  } as const;
  await output.answer(document, (paper) => {
    paper.table(
      [],
      [
        ['store', store],
        ['entries', String(sequence)],
        ['packages', String(packages)],
        ...names.map((name) => ['gone', name]),
      ],
    );
  });
  output.note(messages.upkeep.objects(objects.manifests + objects.blobs));
  if (lost === 0) return;
  const { gone: sentence, goneHelp: help } = messages.upkeep;
  throw answeredNo('PKG_E_STORE_DIFFERS', sentence(lost), { help });
}

/** Compares the index with what the journal and the manifests say of it. */
async function compare(invocation: Invocation): Promise<void> {
  const progress = showPace(invocation, invocation.messages.upkeep.progress.verify);
  const { verifyStore } = await import('../../server/verify.ts');
  const verified = await verifyStore({
    ...storeOf(invocation),
    store: false,
    onProgress: progress.at,
  }).finally(progress.end);
  await printFindings(invocation, 'vitte.registry.rebuild', verified);
}

async function adopt(invocation: Invocation): Promise<void> {
  const { options, output, messages } = invocation;
  const names = invocation.arguments.map(parsePackageName);
  const file = options.text('from');
  if (file !== undefined) names.push(...(await namesIn(file, invocation)));
  let done = 0;
  const progress = showPace(invocation, messages.upkeep.progress.adopt);
  const { adoptPackages } = await import('../../server/adopt.ts');
  const { adoptions, ...adopted } = await adoptPackages({
    ...storeOf(invocation),
    names,
    onProgress() {
      done += 1;
      progress.at(done, done);
    },
  }).finally(progress.end);

  const refused = adoptions.filter(({ status }) => status === 'refused');
  for (const { name, version, ignored } of adoptions) {
    if (ignored > 0) output.warn(messages.upkeep.ignored(`${name}@${version}`, ignored));
  }
  const document = {
    schema: 'vitte.registry.rebuild',
    status: refused.length === 0 ? 'ok' : 'error',
    from: 'repositories',
    ...adopted,
    adopted: adoptions.filter(({ status }) => status === 'adopted').length,
    adoptions: adoptions.map(({ error, ...rest }) => ({
      ...rest,
      error: error && { code: error.code, message: error.message },
    })),
  } as const;
  await output.answer(document, (paper) => {
    if (adoptions.length === 0 && paper.forPeople) return paper.line(messages.upkeep.noneFound);
    // Without a head, so that no reason is cut.
    paper.table(
      [],
      adoptions.map((adoption) => rowOf(adoption, invocation, paper.forPeople)),
    );
  });
  if (refused.length === 0) return;
  throw answeredNo('PKG_E_STORE_DIFFERS', messages.upkeep.notAdopted(refused.length));
}

function rowOf(
  { name, version, digest, status, error }: Adoption,
  { messages }: Invocation,
  forPeople: boolean,
) {
  const said = error ? `${error.code} ${error.message}` : digest;
  return [name, version, forPeople ? messages.upkeep.adoptions[status] : status, said];
}

async function namesIn(file: string, { environment }: Invocation): Promise<PackageName[]> {
  const bytes = await readSmallFile(resolve(environment.cwd, file), nameFileBytesMax);
  const lines = Buffer.from(bytes).toString('utf8').split('\n');
  const names = lines
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  return names.map(parsePackageName);
}

/** Which store is meant, without what is no setting of it. */
function storeOf({ options, environment, signal }: Invocation) {
  const { from, ...settings } = options.given();
  return {
    flags: serverFlags(settings),
    env: environment.variables,
    cwd: environment.cwd,
    stderr: process.stderr,
    signal,
  };
}
