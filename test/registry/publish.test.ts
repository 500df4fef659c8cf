import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/digest.ts';
import { type ErrorCode, isVitteError } from '../../src/core/errors.ts';
import { spkiOf } from '../../src/signing/keys.ts';
import {
  admin,
  anonymous,
  openService,
  packSample,
  publishRequest,
  type Service,
  signSample,
  temporaryFolder,
} from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Rig = { service: Service; folder: string; end(): Promise<void> };
const test = suite<Rig>('publish');

test.before.each(async (rig) => {
  const temporary = await temporaryFolder();
  rig.folder = temporary.path;
  rig.service = await openService(join(temporary.path, 'store'));
  rig.end = async () => {
    await rig.service.close();
    await temporary.remove();
  };
});
test.after.each((rig) => rig.end());

const demo = { name: 'roussov/demo', version: '1.0.0' };

test('a published version is found, listed, searched and read byte for byte', async (rig) => {
  const { useCases } = rig.service;
  const packed = await packSample(rig.folder, {
    ...demo,
    manifest: { description: 'A demonstration', license: 'MIT' },
    files: { 'README.md': '# demo\n' },
  });
  const { value } = await useCases.publish(await publishRequest(packed), admin);
  assert.ok(value.created);
  assert.is(value.published.archive.digest, packed.digest);

  const info = (await useCases.packageInfo(packed.document.name, anonymous)).value;
  assert.is(info.latest?.version, '1.0.0');
  assert.equal(info.latest?.document, packed.document);
  const rows = (await useCases.list({ limit: 10 }, anonymous)).value;
  assert.equal(rows.packages[0], {
    name: 'roussov/demo',
    version: '1.0.0',
    description: 'A demonstration',
    kind: 'library',
    license: 'MIT',
    publishedAt: value.published.publishedAt,
    yanked: false,
  });
  assert.is(rows.total, 1);
  const hits = (await useCases.search({ text: 'demonst', limit: 10 }, anonymous)).value;
  assert.is(hits.packages[0]?.name, 'roussov/demo');
  const { name, version } = packed.document;
  const opened = await useCases.openArchive(name, version, undefined, anonymous);
  const bytes = Buffer.concat(await Array.fromAsync(opened.value.body));
  assert.is(bytes.length, packed.size);
  const text = (await useCases.readme(name, version, anonymous)).value.bytes;
  assert.is(Buffer.from(text).toString(), '# demo\n');
});

test('the same content again gives the first answer, other content is refused', async (rig) => {
  const { useCases } = rig.service;
  const packed = await packSample(rig.folder, demo);
  const first = (await useCases.publish(await publishRequest(packed), admin)).value;
  const again = (await useCases.publish(await publishRequest(packed), admin)).value;
  assert.equal(again, { ...first, created: false });
  const other = await packSample(rig.folder, { ...demo, files: { 'src/more.vit': 'x' } });
  assert.is(await refusal(rig, other), 'PKG_E_VERSION_EXISTS');
});

test('a search keeps to its namespace, and refuses filters that it does not have', async (rig) => {
  const { useCases } = rig.service;
  for (const name of ['roussov/demo', 'other/demo', 'demo']) {
    const packed = await packSample(rig.folder, { name, version: '1.0.0' });
    await useCases.publish(await publishRequest(packed), admin);
  }
  const query = { text: 'demo', limit: 10 };
  assert.is((await useCases.search(query, anonymous)).value.total, 3);
  const { value } = await useCases.search({ ...query, namespace: 'roussov' }, anonymous);
  assert.equal(
    value.packages.map(({ name }) => name),
    ['roussov/demo'],
  );
  const filtered = useCases.search({ ...query, text: 'colour:red demo' }, anonymous);
  const error = await filtered.catch((reason: unknown) => reason);
  assert.ok(isVitteError(error, 'PKG_E_SEARCH_FILTER'));
});

test('publishing without a token is refused before the archive is read', async (rig) => {
  const packed = await packSample(rig.folder, demo);
  const request = await publishRequest(packed);
  const error = await rig.service.useCases.publish(request, anonymous).catch((e: unknown) => e);
  assert.ok(isVitteError(error, 'PKG_E_TOKEN'));
  assert.is((await request.archive[Symbol.asyncIterator]().next()).done, false);
});

test('an archive of another package than the request names is refused', async (rig) => {
  const packed = await packSample(rig.folder, demo);
  const other = await packSample(rig.folder, { ...demo, version: '1.0.1' });
  const request = { ...(await publishRequest(packed)), version: other.document.version };
  const error = await rig.service.useCases.publish(request, admin).catch((e: unknown) => e);
  assert.ok(isVitteError(error, 'PKG_E_MISMATCH'));
});

test('a signature is stored with its version and given back as it was sent', async (rig) => {
  const packed = await packSample(rig.folder, demo);
  const { bundle, key } = signSample(packed);
  const request = await publishRequest(packed, [{ bytes: bundle, key: spkiOf(key) }]);
  await rig.service.useCases.publish(request, admin);
  const { name, version } = packed.document;
  const [found] = (await rig.service.useCases.signatures(name, version, anonymous)).value;
  assert.is(found?.kid, key.kid);
  assert.is(found?.key, spkiOf(key).toString('base64'));
  assert.equal(found?.bundle, JSON.parse(bundle.toString()));
});

test('a signature without its key is kept and named by the key that it claims', async (rig) => {
  const packed = await packSample(rig.folder, demo);
  const { bundle, key } = signSample(packed);
  await rig.service.useCases.publish(await publishRequest(packed, [{ bytes: bundle }]), admin);
  const { name, version } = packed.document;
  const [found] = (await rig.service.useCases.signatures(name, version, anonymous)).value;
  assert.is(found?.kid, key.kid);
  assert.is(found?.key, undefined);
});

test('a signature sent with the same content again is attached, once', async (rig) => {
  const { useCases, data } = rig.service;
  const packed = await packSample(rig.folder, demo);
  await useCases.publish(await publishRequest(packed), admin);
  const { bundle, key } = signSample(packed);
  for (let times = 0; times < 2; times++) {
    const request = await publishRequest(packed, [{ bytes: bundle, key: spkiOf(key) }]);
    const { value } = await useCases.publish(request, admin);
    assert.is(value.created, false);
    assert.equal(value.notAttached, []);
  }
  const before = await answers(rig.service);
  const events = before.changes.value.entries.map((entry) => entry.event);
  assert.equal(events.slice(2), ['package created', 'published', 'attached']);
  await rig.service.close();
  rig.service = await openService(data);
  assert.equal(await answers(rig.service), before);
  const { name, version } = packed.document;
  const [found] = (await rig.service.useCases.signatures(name, version, anonymous)).value;
  assert.is(found?.kid, key.kid);
});

test('a signature over another compression of the same content is named, not attached', async (rig) => {
  const { useCases } = rig.service;
  const packed = await packSample(rig.folder, demo);
  await useCases.publish(await publishRequest(packed), admin);
  const bytes = gzipSync(gunzipSync(await readFile(packed.file)), { level: 1 });
  await writeFile(packed.file, bytes);
  const again = { ...packed, digest: sha256(bytes), size: bytes.length };
  const { bundle, key } = signSample(again);
  const request = await publishRequest(again, [{ bytes: bundle, key: spkiOf(key) }]);
  const { value } = await useCases.publish(request, admin);
  assert.is(value.created, false);
  assert.is(value.published.archive.digest, packed.digest);
  assert.equal(
    value.notAttached.map(({ digest }) => digest),
    [sha256(bundle)],
  );
});

test('signatures over another manifest or by another key publish nothing', async (rig) => {
  const packed = await packSample(rig.folder, demo);
  const other = await packSample(rig.folder, { ...demo, version: '2.0.0' });
  const key = spkiOf(signSample(packed).key);
  const wrong: [ErrorCode, { bytes: Uint8Array; key?: Uint8Array }][] = [
    ['PKG_E_SIGNATURE_SUBJECT', { bytes: signSample(other).bundle }],
    ['PKG_E_SIGNATURE_INVALID', { bytes: signSample(packed).bundle, key }],
    ['PKG_E_SIGNATURE_FORMAT', { bytes: Buffer.from('{}') }],
  ];
  for (const [code, bundle] of wrong) {
    const request = await publishRequest(packed, [bundle]);
    const error = await rig.service.useCases.publish(request, admin).catch((e: unknown) => e);
    assert.ok(isVitteError(error, code), `${code}: ${error}`);
  }
  assert.is((await rig.service.useCases.list({ limit: 1 }, anonymous)).value.total, 0);
});

test('an upload that breaks off leaves nothing behind', async (rig) => {
  const packed = await packSample(rig.folder, {
    ...demo,
    files: { 'src/big.vit': 'x'.repeat(1e6) },
  });
  const request = await publishRequest(packed);
  async function* cut() {
    for await (const chunk of request.archive) {
      yield chunk.subarray(0, 100);
      throw new Error('the client left');
    }
  }
  const error = await rig.service.useCases
    .publish({ ...request, archive: cut() }, admin)
    .catch((e: unknown) => e);
  assert.match(String(error), /the client left/);
  const left = await readdir(rig.service.data, { recursive: true });
  assert.equal(
    left.filter((path) => path.includes('roussov') || /uploads?\/./.test(path)),
    [],
  );
});

test('a version whose archive is gone from the store says so', async (rig) => {
  const packed = await packSample(rig.folder, demo);
  await rig.service.useCases.publish(await publishRequest(packed), admin);
  const blob = join(rig.service.data, 'roussov/demo/blobs/sha256', packed.digest.slice(7));
  await writeFile(blob, 'damaged');
  const { name, version } = packed.document;
  const opened = await rig.service.useCases
    .openArchive(name, version, undefined, anonymous)
    .then(async ({ value }) => Array.fromAsync(value.body))
    .catch((e: unknown) => e);
  assert.ok(isVitteError(opened, 'PKG_E_INTEGRITY'), String(opened));
});

test('the same content again heals a store that lost it', async (rig) => {
  const { useCases, data } = rig.service;
  const packed = await packSample(rig.folder, demo);
  await useCases.publish(await publishRequest(packed), admin);
  await rm(join(data, 'roussov/demo/blobs/sha256', packed.digest.slice(7)));
  const { value } = await useCases.publish(await publishRequest(packed), admin);
  assert.is(value.created, false);
  const { name, version } = packed.document;
  const opened = await useCases.openArchive(name, version, undefined, anonymous);
  assert.is(sha256(Buffer.concat(await Array.fromAsync(opened.value.body))), packed.digest);
});

test('a second service on the same store is refused', async (rig) => {
  const error = await openService(rig.service.data).catch((e: unknown) => e);
  assert.ok(isVitteError(error, 'PKG_E_STORE_LOCKED'), String(error));
});

test('a service started again answers as before', async (rig) => {
  const { useCases, data } = rig.service;
  for (const version of ['1.0.0', '1.1.0']) {
    const packed = await packSample(rig.folder, { ...demo, version });
    const { bundle, key } = signSample(packed);
    const request = await publishRequest(packed, [{ bytes: bundle, key: spkiOf(key) }]);
    await useCases.publish(request, admin);
  }
  const before = await answers(rig.service);
  await rig.service.close();
  rig.service = await openService(data);
  assert.equal(await answers(rig.service), before);
  assert.is(rig.service.firstStart, undefined);
});

async function answers({ useCases }: Service) {
  return {
    list: await useCases.list({ limit: 100 }, anonymous),
    search: await useCases.search({ text: 'demo', limit: 100 }, anonymous),
    changes: await useCases.changes({ since: 0, limit: 1_000 }, admin),
    describe: await useCases.describe(anonymous),
  };
}

async function refusal(rig: Rig, packed: Parameters<typeof publishRequest>[0]) {
  const request = await publishRequest(packed);
  const error = await rig.service.useCases.publish(request, admin).catch((e: unknown) => e);
  return isVitteError(error) ? error.code : String(error);
}

test.run();
