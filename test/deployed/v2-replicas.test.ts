// `/v2/` of two replicas on one docker-registry and one Redis: any of them goes on with what the other began.
import { randomBytes } from 'node:crypto';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/digest.ts';
import { call } from '../support/rest.ts';
import { packSample } from '../support/service.ts';
import { v2Of } from '../support/v2.ts';
import { partsSuite } from './parts-suite.ts';
import { type Deployed, deploy } from './rig.ts';

const test = await partsSuite<{ deployed: Deployed }>('/v2/ of two replicas', {
  timeoutMs: 90_000,
});

test.before(async (rig) => {
  rig.deployed = await deploy(2);
});
test.after((rig) => rig.deployed.end());

const sides = ({ token, replicas }: Deployed) =>
  replicas.map(({ url }) => ({ url, token, ...v2Of({ url, token }) }));

test('an upload goes on at another replica, chunk by chunk', async ({ deployed }) => {
  const [a, b] = sides(deployed);
  const bytes = randomBytes(30_000);
  const digest = sha256(bytes);
  const part = (first: number, end: number) => ({
    headers: { 'content-range': `${first}-${end - 1}` },
    body: bytes.subarray(first, end),
  });
  const begun = await a!.ask('POST demo/blobs/uploads/');
  const first = await b!.ask(`PATCH ${begun.headers.location}`, part(0, 10_000));
  assert.equal([first.status, first.headers.range], [202, '0-9999']);
  const told = await a!.ask(`GET ${first.headers.location}`);
  assert.equal([told.status, told.headers.range], [204, '0-9999']);
  const wrong = await a!.ask(`PATCH ${told.headers.location}`, part(20_000, 30_000));
  assert.is(wrong.status, 416);
  const second = await b!.ask(`PATCH ${told.headers.location}`, part(10_000, 20_000));
  const put = await a!.ask(`PUT ${second.headers.location}?digest=${digest}`, part(20_000, 30_000));
  assert.is(put.status, 201, put.bytes.toString());
  const read = await b!.ask(`GET demo/blobs/${digest}`, { token: '' });
  assert.is(Buffer.compare(read.bytes, bytes), 0);
  // The storage's own name of the upload is nobody's business.
  const shown = Buffer.from(String(begun.headers.location).split('/').at(-1) ?? '', 'base64url');
  assert.is(/_state|http/.test(shown.toString('latin1')), false);
});

test('a token that one replica gave is good at the other', async ({ deployed }) => {
  const [a, b] = sides(deployed);
  const authorization = `Basic ${Buffer.from(`any:${deployed.token}`).toString('base64')}`;
  const given = await call(`${a!.url}/v2/token?scope=repository:demo:pull,push`, {
    headers: { authorization },
  });
  const { token } = given.json<{ token: string }>();
  assert.is((await b!.ask('POST demo/blobs/uploads/', { token })).status, 202);
});

test('what is pushed and published at one is read at the other, signatures and tags alike', async ({
  deployed,
}) => {
  const [a, b] = sides(deployed);
  const packed = await packSample(deployed.folder, { name: 'pushed', version: '1.0.0' });
  const version = await a!.content(packed);
  assert.is((await b!.put('pushed', '1.0.0', version.bytes)).status, 201);
  const info = await call(`${b!.url}/api/v1/packages/pushed/1.0.0`);
  assert.is(info.json().digest, version.digest);
  const head = await a!.ask('HEAD pushed/manifests/1.0.0', { token: '' });
  assert.is(head.headers['docker-content-digest'], version.digest);
  assert.is((await a!.put('pushed', '1.0.0', version.bytes)).status, 201);
  assert.is((await b!.ask('DELETE pushed/manifests/1.0.0')).status, 405);
  // docker-registry has no Referrers API, and its clients see one all the same.
  const subject = { mediaType: 'application/vnd.oci.image.manifest.v1+json', ...digestOf(version) };
  const referrer = await a!.artifact('pushed', { subject });
  assert.is((await a!.put('pushed', referrer.digest, referrer.bytes)).status, 201);
  const listed = await b!.ask(`GET pushed/referrers/${version.digest}`);
  const { manifests } = listed.json<{ manifests: { digest: string }[] }>();
  assert.equal(
    manifests.map(({ digest }) => digest),
    [referrer.digest],
  );
  const tags = (await b!.ask('GET pushed/tags/list')).json<{ tags: string[] }>().tags;
  assert.equal(
    tags.filter((tag) => tag.startsWith('_')),
    [],
  );
});

test('with the index away what is public is still pulled; what asks it for rights is 503', async ({
  deployed,
}) => {
  const [a] = sides(deployed);
  const digest = await a!.blob('demo', 'content');
  await deployed.redis.kill();
  const read = await a!.ask(`GET demo/blobs/${digest}`, { token: '' });
  assert.equal([read.status, String(read.bytes)], [200, 'content']);
  const begun = await a!.ask('POST demo/blobs/uploads/');
  assert.is(begun.status, 503);
  assert.ok('retry-after' in begun.headers);
  await deployed.redis.start();
});

function digestOf({ digest, bytes }: { digest: string; bytes: Uint8Array }) {
  return { digest, size: bytes.length };
}

test.run();
