import * as assert from 'uvu/assert';
import { type ErrorCode, isVitteError } from '../../src/core/errors.ts';
import type { PackageName } from '../../src/core/name.ts';
import { parseAccount } from '../../src/core/people.ts';
import type { Version } from '../../src/core/version.ts';
import {
  admin,
  anonymous,
  openService,
  packSample,
  publishRequest,
  type Service,
  temporaryFolder,
} from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Rig = { folder: string; service: Service; remove(): Promise<void> };
const test = suite<Rig>('changing a package');
const name = 'roussov/demo' as PackageName;
const [one, two] = ['1.0.0', '1.1.0'] as [Version, Version];

test.before.each(async (rig) => {
  const { path, remove } = await temporaryFolder();
  rig.folder = path;
  rig.remove = remove;
  rig.service = await openService(`${path}/store`);
  for (const version of [one, two]) {
    const packed = await packSample(path, { name, version });
    await rig.service.useCases.publish(await publishRequest(packed), admin);
  }
});
test.after.each(async ({ service, remove }) => {
  await service.close();
  await remove();
});

async function refused(call: Promise<unknown>, code: ErrorCode) {
  const error = await call.catch((reason: unknown) => reason);
  assert.ok(isVitteError(error, code), `expected ${code}, got ${String(error)}`);
}

test('a yank takes a version out of the choice, keeps it to be fetched, and can be taken back', async ({
  service,
}) => {
  const { useCases } = service;
  const latest = async () => (await useCases.packageInfo(name, anonymous)).value.latest?.version;
  const request = { name, version: two, yanked: true, reason: 'loses data' };
  const { value, sequence } = await useCases.yank(request, admin);
  assert.is(value.changed, true);
  assert.is(value.yank?.sequence, sequence);
  assert.is(await latest(), one);
  const { value: info } = await useCases.versionInfo(name, two, anonymous);
  assert.equal([info.yanked, info.yank?.reason, info.yank?.actor], [true, 'loses data', 'admin']);
  const opened = await useCases.openArchive(name, two, undefined, anonymous);
  assert.is(Buffer.concat(await Array.fromAsync(opened.value.body)).length, opened.value.size);

  const again = await useCases.yank(request, admin);
  assert.equal([again.value.changed, again.sequence], [false, sequence]);
  await useCases.yank({ name, version: one, yanked: true }, admin);
  assert.is(await latest(), undefined);
  assert.is(
    (await useCases.yank({ name, version: two, yanked: false }, admin)).value.changed,
    true,
  );
  assert.is(await latest(), two);
});

test('what was changed is told by every document, and by a service that was started again', async (rig) => {
  const { useCases, data } = rig.service;
  await useCases.yank({ name, version: one, yanked: true, reason: 'old' }, admin);
  await useCases.deprecate({ name, message: 'use another' }, admin);
  await useCases.setOwner({ name, account: parseAccount('bob'), role: 'maintainer' }, admin);
  await useCases.setOwner({ name, account: parseAccount('ann'), role: 'owner' }, admin);
  const told = async ({ useCases }: Service) => ({
    info: (await useCases.packageInfo(name, anonymous)).value,
    index: (await useCases.indexDocument(name, anonymous)).value.bytes.toString(),
    deprecation: (await useCases.deprecation(name, anonymous)).value,
    owners: (await useCases.owners(name, anonymous)).value,
    changes: (await useCases.changes({ since: 0, limit: 100 }, admin)).value,
    next: await useCases.nextChanges({ since: 4, limit: 100, timeoutMs: 0 }, anonymous),
  });
  const before = await told(rig.service);
  assert.equal(before.info.owners, ['admin', 'ann']);
  assert.is(before.info.deprecation?.message, 'use another');
  assert.equal(
    before.next.map(({ event }) => event),
    ['published', 'yanked', 'deprecated', 'owner', 'owner'],
  );
  await rig.service.close();
  rig.service = await openService(data);
  assert.equal(await told(rig.service), before);
});

test('who asks without a token changes nothing, and what is not there cannot be changed', async ({
  service,
}) => {
  const { useCases } = service;
  const other = 'other' as PackageName;
  const account = parseAccount('bob');
  await refused(useCases.yank({ name, version: one, yanked: true }, anonymous), 'PKG_E_TOKEN');
  await refused(useCases.deprecate({ name, message: 'x' }, anonymous), 'PKG_E_TOKEN');
  await refused(useCases.setOwner({ name, account, role: 'owner' }, anonymous), 'PKG_E_TOKEN');
  const none = '9.9.9' as Version;
  await refused(useCases.yank({ name, version: none, yanked: true }, admin), 'PKG_E_NOT_FOUND');
  await refused(
    useCases.yank({ name: other, version: one, yanked: true }, admin),
    'PKG_E_NOT_FOUND',
  );
  await refused(useCases.deprecate({ name: other, message: 'x' }, admin), 'PKG_E_NOT_FOUND');
  await refused(useCases.owners(other, anonymous), 'PKG_E_NOT_FOUND');
  const last = { name, account: parseAccount('admin') };
  await refused(useCases.setOwner(last, admin), 'PKG_E_OWNER_LAST');
});

test('whoever waits for changes gets them when they come, without asking again', async ({
  service,
}) => {
  const { useCases } = service;
  const { value } = await useCases.changes({ since: 0, limit: 100 }, anonymous);
  const since = value.entries.at(-1)!.n;
  const waits = [1, 2, 3].map(() =>
    useCases.nextChanges({ since, limit: 10, timeoutMs: 60_000 }, anonymous),
  );
  await useCases.deprecate({ name, message: 'use another' }, admin);
  for (const entries of await Promise.all(waits)) {
    assert.equal(
      entries.map(({ n, event }) => [n, event]),
      [[since + 1, 'deprecated']],
    );
  }
});

test.run();
