import * as assert from 'uvu/assert';
import { sha256 } from '../../../src/core/digest.ts';
import { imageIndex, openOciServer } from '../../support/oci-server.ts';
import { suite } from '../../support/suite.ts';

const test = suite('the OCI server: tags and referrers');
type Index = { mediaType: string; manifests: { digest: string; artifactType?: string }[] };

/** The next page of a list, as its Link says. */
function next({ headers }: { headers: Record<string, string> }): string | undefined {
  return /^<([^>]*)>; rel="next"$/.exec(headers.link ?? '')?.[1];
}

test('tags come sorted, whole or page by page', async () => {
  const { ask, manifest } = openOciServer();
  for (const tag of ['b', 'a', 'C', '1.0.0', 'a_1']) await manifest('ns/demo', { tag });
  const sorted = ['1.0.0', 'C', 'a', 'a_1', 'b'];
  const whole = await ask('GET /v2/ns/demo/tags/list');
  assert.equal(whole.json(), { name: 'ns/demo', tags: sorted });
  assert.is(next(whole), undefined);
  const found: string[] = [];
  let pages = 0;
  for (let path: string | undefined = '/v2/ns/demo/tags/list?n=2'; path; pages += 1) {
    const page = await ask(`GET ${path}`);
    found.push(...page.json<{ tags: string[] }>().tags);
    path = next(page);
  }
  assert.equal([found, pages], [sorted, 3]);
  const after = await ask('GET /v2/ns/demo/tags/list?last=C');
  assert.equal(after.json<{ tags: string[] }>().tags, ['a', 'a_1', 'b']);
  // A last that is no tag of it, and one behind the end.
  const between = await ask('GET /v2/ns/demo/tags/list?n=1&last=Zebra');
  assert.equal(between.json<{ tags: string[] }>().tags, ['a']);
  const end = await ask('GET /v2/ns/demo/tags/list?last=zzz');
  assert.equal([end.status, end.json<{ tags: string[] }>().tags], [200, []]);
});

test('a page of no tags is empty and the last one', async () => {
  const { ask, manifest } = openOciServer();
  await manifest('demo', { tag: 'one' });
  const page = await ask('GET /v2/demo/tags/list?n=0');
  assert.equal([page.json<{ tags: string[] }>().tags, next(page)], [[], undefined]);
  for (const n of ['-1', 'x', '1.5', '']) {
    const reply = await ask(`GET /v2/demo/tags/list?n=${n}`);
    assert.equal([reply.status, reply.error], [400, 'UNSUPPORTED PKG_E_REQUEST']);
  }
});

test('referrers are an index, of one type where that is asked for', async () => {
  const { ask, manifest } = openOciServer();
  const { bytes: _bytes, ...subject } = await manifest('demo', { tag: 'one' });
  const type = 'application/vnd.example+x';
  const a = await manifest('demo', { subject, artifactType: type, annotations: { a: 'b' } });
  const b = await manifest('demo', { subject, artifactType: 'application/vnd.example.other' });
  const path = `/v2/demo/referrers/${subject.digest}`;
  const all = await ask(`GET ${path}`);
  assert.is(all.headers['content-type'], imageIndex);
  assert.is(all.headers['oci-filters-applied'], undefined);
  const { mediaType, manifests } = all.json<Index>();
  assert.is(mediaType, imageIndex);
  assert.equal(manifests.map((one) => one.digest).sort(), [a.digest, b.digest].sort());
  const some = await ask(`GET ${path}?artifactType=${encodeURIComponent(type)}`);
  assert.is(some.headers['oci-filters-applied'], 'artifactType');
  assert.equal(some.json<Index>().manifests, [
    {
      mediaType: a.mediaType,
      digest: a.digest,
      size: a.size,
      artifactType: type,
      annotations: { a: 'b' },
    },
  ]);
});

test('a manifest that is not there, in a repository that is not there, has no referrers', async () => {
  const { ask } = openOciServer();
  const reply = await ask(`GET /v2/nowhere/referrers/${sha256('x')}`);
  assert.equal([reply.status, reply.json<Index>().manifests], [200, []]);
});

test('a pushed referrer is told that its subject was noted', async () => {
  const { ask, manifest } = openOciServer();
  const { bytes: _bytes, ...subject } = await manifest('demo');
  const referrer = await manifest('demo', { subject });
  const put = await ask(`PUT /v2/demo/manifests/${referrer.digest}`, {
    headers: { 'content-type': referrer.mediaType },
    body: referrer.bytes,
  });
  assert.is(put.headers['oci-subject'], subject.digest);
});

test('many referrers come in pages that clients can read', async () => {
  const { ask, manifest } = openOciServer();
  const { bytes: _bytes, ...subject } = await manifest('demo');
  const annotations = { long: 'x'.repeat(1024 * 1024) };
  const pushed: string[] = [];
  for (let n = 0; n < 7; n += 1) {
    pushed.push(
      (await manifest('demo', { subject, annotations: { ...annotations, n: `${n}` } })).digest,
    );
  }
  const found: string[] = [];
  let path: string | undefined = `/v2/demo/referrers/${subject.digest}`;
  for (let pages = 0; path !== undefined; pages += 1) {
    const page = await ask(`GET ${path}`);
    assert.ok(page.bytes.length < 4 * 1024 * 1024);
    assert.ok(pages < 7);
    found.push(...page.json<Index>().manifests.map(({ digest }) => digest));
    path = next(page);
  }
  assert.equal(found, pushed.sort());
});

test.run();
