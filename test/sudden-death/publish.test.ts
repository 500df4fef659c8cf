import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import type { PackedArchive } from '../../src/archive/pack.ts';
import { sha256 } from '../../src/core/digest.ts';
import { isVitteError } from '../../src/core/errors.ts';
import { publishSteps } from '../../src/core/publish-steps.ts';
import {
  admin,
  anonymous,
  copyStore,
  openService,
  packSample,
  publishRequest,
  type Service,
  temporaryFolder,
} from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Rig = {
  folder: string;
  /** A store with one package in it, made by a process that ended well. */
  seed: string;
  /** What the dying process publishes: new content, signed, with a README. */
  packed: PackedArchive;
  /** The same version with other content. */
  other: PackedArchive;
  remove(): Promise<void>;
};
const test = suite<Rig>('a publisher killed at any step');
const publisher = fileURLToPath(new URL('publisher.ts', import.meta.url));
const demo = { name: 'roussov/demo', version: '1.1.0', files: { 'README.md': '# demo\n' } };

test.before(async (rig) => {
  const temporary = await temporaryFolder();
  rig.folder = temporary.path;
  rig.remove = temporary.remove;
  rig.seed = join(rig.folder, 'seed');
  const service = await openService(rig.seed);
  const first = await packSample(rig.folder, { ...demo, version: '1.0.0' });
  await service.useCases.publish(await publishRequest(first), admin);
  await close(service);
  rig.other = await packSample(await mkdtemp(join(rig.folder, 'other-')), {
    ...demo,
    files: { 'src/other.vit': 'other' },
  });
  rig.packed = await packSample(rig.folder, demo);
});
test.after((rig) => rig.remove());

for (const step of publishSteps) {
  for (const when of ['before', 'after'] as const) {
    test(`${when} "${step}": nothing answered is lost, nothing half-written shows`, async (rig) => {
      const store = await mkdtemp(join(rig.folder, 'store-'));
      await copyStore(rig.seed, store);
      const child = await runPublisher(store, rig.packed.file, step, when);
      assert.is(child.signal, 'SIGKILL', `the step was reached: ${child.output}`);

      const sibling = `${store}-other`;
      await copyStore(store, sibling);
      await retriedWithEqualContent(rig, store);
      await retriedWithOtherContent(rig, sibling);
    });
  }
}

test('a publisher that is not killed answers', async (rig) => {
  const store = await mkdtemp(join(rig.folder, 'store-'));
  await copyStore(rig.seed, store);
  const child = await runPublisher(store, rig.packed.file, 'none', 'before');
  assert.is(child.signal, null);
  assert.match(child.output, /^sha256:[0-9a-f]{64}$/);
});

async function retriedWithEqualContent(rig: Rig, store: string) {
  const service = await openService(store);
  await everythingListedCanBeFetched(service);
  const listed = await versions(service);
  const again = await service.useCases.publish(await publishRequest(rig.packed), admin);
  assert.is(again.value.created, !listed.includes('1.1.0'));
  await everythingListedCanBeFetched(service);
  await journalHasNoGap(service);
  assert.equal(await versions(service), ['1.1.0', '1.0.0']);
  await close(service);
}

async function retriedWithOtherContent(rig: Rig, store: string) {
  const service = await openService(store);
  const stood = (await versions(service)).includes('1.1.0');
  const outcome = await service.useCases
    .publish(await publishRequest(rig.other), admin)
    .then(({ value }) => value.created)
    .catch((error: unknown) => isVitteError(error, 'PKG_E_VERSION_EXISTS'));
  assert.is(outcome, true);
  const { name, version } = rig.packed.document;
  const info = (await service.useCases.versionInfo(name, version, anonymous)).value;
  const expected = stood ? rig.packed : rig.other;
  assert.is(info.document.archive.tarSha256, expected.document.archive.tarSha256);
  await everythingListedCanBeFetched(service);
  await journalHasNoGap(service);
  await close(service);
}

async function everythingListedCanBeFetched({ useCases }: Service) {
  for (const { name } of (await useCases.list({ limit: 100 }, anonymous)).value.packages) {
    for (const info of (await useCases.packageInfo(name, anonymous)).value.versions) {
      const opened = await useCases.openArchive(name, info.version, undefined, anonymous);
      const bytes = Buffer.concat(await Array.fromAsync(opened.value.body));
      assert.is(sha256(bytes), info.archive.digest);
      const signatures = (await useCases.signatures(name, info.version, anonymous)).value;
      assert.is(signatures.length, info.signatures.length);
    }
  }
}

async function journalHasNoGap({ useCases }: Service) {
  const { entries } = (await useCases.changes({ since: 0, limit: 1_000 }, admin)).value;
  assert.equal(
    entries.map((entry) => entry.n),
    entries.map((_, index) => index + 1),
  );
  const published = entries.filter((entry) => entry.event === 'published');
  assert.is(published.length, 2);
}

async function versions({ useCases }: Service): Promise<string[]> {
  const { packages } = (await useCases.list({ limit: 1 }, anonymous)).value;
  const info = await useCases.packageInfo(packages[0]!.name, anonymous);
  return info.value.versions.map((version) => version.version);
}

function runPublisher(store: string, file: string, step: string, when: string) {
  const child = spawn(process.execPath, [publisher, store, file, step, when]);
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise<{ signal: NodeJS.Signals | null; output: string }>((done) => {
    child.on('close', (_, signal) => done({ signal, output }));
  });
}

async function close(service: Service) {
  await service.close();
}

test.run();
