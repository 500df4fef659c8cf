import * as assert from 'uvu/assert';
import { type Digest, hexOf } from '../../../src/core/digest.ts';
import { canonicalBytes } from '../../../src/core/json.ts';
import { mediaTypes } from '../../../src/core/media-types.ts';
import type { Repository } from '../../../src/oci/port.ts';
import { openRemoteRegistry } from '../../../src/oci/remote/registry.ts';
import { listAll, packed, pushedManifest, rejectsWith } from '../../contract/oci-support.ts';
import { fail, type Hook, send } from '../../support/foreign-registry.ts';
import { suite } from '../../support/suite.ts';
import { until } from '../../support/until.ts';
import { withForeign } from './opened.ts';

const test = suite('referrers in a registry');

const index = { 'content-type': mediaTypes.ociIndex };
const emptyList = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.ociIndex,
  manifests: [],
});
const onReferrers =
  (hook: Hook): Hook =>
  (request, response, message) =>
    request.path.includes('/referrers/') && hook(request, response, message);

for (const [what, answer, supported] of [
  ['200 with an index', (_, response) => send(response, 200, index, emptyList), true],
  [
    '200 with an index and a charset',
    (_, response) =>
      send(response, 200, { 'content-type': `${mediaTypes.ociIndex}; charset=utf-8` }, emptyList),
    true,
  ],
  ['404', (_, response) => send(response, 404, {}, '404 page not found'), false],
  ['404 MANIFEST_UNKNOWN', (_, response) => fail(response, 404, 'MANIFEST_UNKNOWN'), false],
  [
    'a web page',
    (_, response) => send(response, 200, { 'content-type': 'text/html' }, '<html>'),
    false,
  ],
  [
    'JSON of another type',
    (_, response) => send(response, 200, { 'content-type': 'application/json' }, '{}'),
    false,
  ],
  [
    'a redirect to a web page (GHCR)',
    (_, response) => send(response, 302, { location: '/login' }),
    false,
  ],
  ['429 (GHCR)', (_, response) => fail(response, 429, 'TOOMANYREQUESTS'), false],
  ['405', (_, response) => fail(response, 405, 'UNSUPPORTED'), false],
] as [string, Hook, boolean][]) {
  test(
    `the Referrers API is ${supported ? 'there' : 'not there'} where ${what} is the answer, asked once`,
    withForeign(async ({ foreign, registry }) => {
      foreign.hook(onReferrers(answer));
      assert.is(await registry.referrersApi(), supported);
      const again = Array.from({ length: 5 }, () => registry.referrersApi());
      assert.equal(await Promise.all(again), Array(5).fill(supported));
      assert.is(foreign.requests.length, 1);
    }),
  );
}

test(
  'a repository that does not exist yet decides nothing',
  withForeign(async ({ foreign, registry }) => {
    let exists = false;
    foreign.hook(
      onReferrers((_, response) =>
        exists ? send(response, 200, index, emptyList) : fail(response, 404, 'NAME_UNKNOWN'),
      ),
    );
    assert.is(await registry.referrersApi(), false);
    exists = true;
    assert.is(await registry.referrersApi(), true);
  }),
);

test(
  'the answer is asked for anew after an hour; a failure decides nothing',
  withForeign(async ({ foreign, registry, clock }) => {
    assert.is(await registry.referrersApi(), false);
    foreign.hook(onReferrers((_, response) => fail(response, 503, 'UNAVAILABLE')));
    clock.pass(3_500_000);
    assert.is(await registry.referrersApi(), false);
    clock.pass(200_000);
    await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', registry.referrersApi());
    foreign.hook(onReferrers((_, response) => send(response, 200, index, emptyList)));
    assert.is(await registry.referrersApi(), true);
  }),
);

async function attach(repository: Repository, marks: string[], subject: string) {
  const to = await pushedManifest(repository, { mark: subject });
  const pushed = await Promise.all(
    marks.map((mark) => pushedManifest(repository, { mark, subject: to.descriptor })),
  );
  return { subject: to.digest, pushed };
}

async function marksOf(repository: Repository, subject: Digest) {
  const found = await listAll(repository.referrers(subject));
  return found.map(({ annotations }) => annotations?.mark).sort();
}

test(
  'with the API and OCI-Subject no tag is written, and a list is asked for by the API',
  withForeign(
    async ({ foreign, demo }) => {
      const { subject } = await attach(demo, ['a', 'b'], 'subject');
      assert.equal(await marksOf(demo, subject), ['a', 'b']);
      assert.not(foreign.targets().some((target) => target.includes('/manifests/sha256-')));
    },
    { foreign: { referrers: true } },
  ),
);

for (const [what, referrers, header] of [
  ['with the API but without OCI-Subject', 'silent', false],
  ['with OCI-Subject but without the API (ECR)', false, true],
] as const) {
  test(
    `${what} the fallback tag is written`,
    withForeign(
      async ({ foreign, demo }) => {
        foreign.hook((_, response) => {
          if (header) response.setHeader('oci-subject', 'sha256:x');
          return false;
        });
        const { subject } = await attach(demo, ['a'], 'subject');
        assert.ok(foreign.manifests.has(`p/demo sha256-${hexOf(subject)}`));
        assert.equal(await marksOf(demo, subject), ['a']);
      },
      { foreign: { referrers } },
    ),
  );
}

test(
  'the API’s list is filtered here as well, read by pages, each once',
  withForeign(
    async ({ foreign, demo }) => {
      const { subject, pushed } = await attach(demo, ['a', 'b'], 'subject');
      const page = (at: number, artifactType: string) => ({
        ...pushed[at]!.descriptor,
        artifactType,
      });
      const pages = [
        [page(0, 'one'), page(1, 'two')],
        [page(0, 'one'), { mediaType: 'x/y', digest: 'sha512:x', size: 1 }],
      ];
      foreign.hook(
        onReferrers(({ query }, response) => {
          const manifests = pages[query.has('next') ? 1 : 0];
          const link = { link: '<?next=1>; rel="next"' };
          const headers = query.has('next') ? index : { ...index, ...link };
          return send(response, 200, headers, JSON.stringify({ manifests }));
        }),
      );
      const list = (artifactType?: string) =>
        listAll(demo.referrers(subject, artifactType === undefined ? {} : { artifactType }));
      assert.equal((await list()).length, 2);
      assert.equal(
        (await list('one')).map(({ digest }) => digest),
        [pushed[0]!.digest],
      );
      assert.match(foreign.requests.at(-2)!.target, 'artifactType=one');
    },
    { foreign: { referrers: true } },
  ),
);

test(
  'thirty-two who attach to one subject at once are all listed under the fallback tag, in few writes',
  withForeign(async ({ foreign, demo }) => {
    const marks = Array.from({ length: 32 }, (_, at) => `m${at}`).sort();
    const { subject } = await attach(demo, marks, 'subject');
    assert.equal(await marksOf(demo, subject), marks);
    const tag = `PUT /v2/p/demo/manifests/sha256-${hexOf(subject)}`;
    assert.ok(foreign.targets().filter((target) => target === tag).length < 32);
  }),
);

test(
  'two processes that attach to one subject find each other’s entries',
  withForeign(async ({ foreign, demo }) => {
    const subject = await pushedManifest(demo, { mark: 'subject' });
    const attachFrom = async (repository: Repository, marks: string[]) => {
      for (const mark of marks) {
        await pushedManifest(repository, { mark, subject: subject.descriptor });
      }
    };
    const second = openRemoteRegistry({ url: foreign.url });
    const marks = (name: string) => Array.from({ length: 8 }, (_, at) => `${name}${at}`);
    await attachFrom(demo, ['first']);
    await Promise.all([
      attachFrom(demo, marks('a')),
      attachFrom(second.repository('demo'), marks('b')),
    ]);
    await attachFrom(demo, ['last']);
    const expected = ['first', ...marks('a'), ...marks('b'), 'last'].sort();
    assert.equal(await marksOf(demo, subject.digest), expected);
    await second.close();
  }),
);

test(
  'an entry that another process overwrote is put back before the push is done',
  withForeign(async ({ foreign, demo }) => {
    const { subject } = await attach(demo, ['a'], 'subject');
    const tag = `p/demo sha256-${hexOf(subject)}`;
    const others = foreign.manifests.get(tag)!;
    const ours = openRemoteRegistry({ url: foreign.url });
    let overwritten = false;
    foreign.hook(({ method, path }) => {
      const reads = method === 'GET' && path.includes('/manifests/sha256-');
      const written = foreign.manifests.get(tag) !== others;
      if (reads && written && !overwritten) {
        overwritten = true;
        foreign.manifests.set(tag, others);
      }
      return false;
    });
    const to = { mediaType: mediaTypes.ociManifest, digest: subject, size: 1 };
    await pushedManifest(ours.repository('demo'), { mark: 'b', subject: to });
    await ours.close();
    assert.ok(overwritten);
    const written = JSON.parse(String(foreign.manifests.get(tag)?.bytes));
    assert.is(written.manifests.length, 2);
  }),
);

test(
  'an entry that another process overwrites after the push is put back a while later',
  withForeign(
    async ({ foreign, demo }) => {
      const subject = await pushedManifest(demo, { mark: 'subject' });
      const tag = `p/demo sha256-${hexOf(subject.digest)}`;
      let theirs: { mediaType: string; bytes: Buffer } | undefined;
      foreign.hook(({ method, path }, response) => {
        if (method !== 'PUT' || !path.endsWith(hexOf(subject.digest)) || theirs) return false;
        // The other one read the list before this write, and writes after it.
        response.once('finish', () => {
          const { bytes, mediaType } = foreign.manifests.get(tag)!;
          const index = JSON.parse(String(bytes));
          const manifests = [{ ...index.manifests[0], digest: `sha256:${'9'.repeat(64)}` }];
          theirs = { mediaType, bytes: Buffer.from(JSON.stringify({ ...index, manifests })) };
          foreign.manifests.set(tag, theirs);
        });
        return false;
      });
      await pushedManifest(demo, { mark: 'a', subject: subject.descriptor });
      await until(() => theirs !== undefined && foreign.manifests.get(tag) !== theirs);
      assert.is((await listAll(demo.referrers(subject.digest))).length, 2);
    },
    { limits: { referrersCheckMs: 10_000 } },
  ),
);

test(
  'where an ETag is offered the tag is written with If-Match, and a 412 means reading again',
  withForeign(async ({ foreign, demo }) => {
    let version = 1;
    let refusals = 2;
    foreign.hook(({ method, path, headers }, response, message) => {
      if (!path.includes('/manifests/sha256-')) return false;
      if (method === 'GET') response.setHeader('etag', `"v${version}"`);
      if (method !== 'PUT' || headers['if-match'] === undefined) return false;
      assert.is(headers['if-match'], `"v${version}"`);
      if (refusals === 0) return false;
      refusals -= 1;
      version += 1;
      message.resume();
      return send(response, 412);
    });
    const { subject } = await attach(demo, ['a'], 'subject');
    await pushedManifest(demo, {
      mark: 'b',
      subject: { mediaType: mediaTypes.ociManifest, digest: subject, size: 1 },
    });
    assert.is(refusals, 0);
    assert.equal(await marksOf(demo, subject), ['a', 'b']);
  }),
);

test(
  'a list that names a manifest which is gone is mended, where the registry refuses it for that',
  withForeign(async ({ foreign, demo }) => {
    const { subject, pushed } = await attach(demo, ['a', 'b'], 'subject');
    foreign.manifests.delete(`p/demo ${pushed[0]!.digest}`);
    foreign.hook(async ({ method, path }, response, message) => {
      if (method !== 'PUT' || !path.includes('/manifests/sha256-')) return false;
      const pieces: Buffer[] = [];
      for await (const piece of message) pieces.push(piece);
      const bytes = Buffer.concat(pieces);
      if (bytes.includes(pushed[0]!.digest)) return fail(response, 400, 'MANIFEST_BLOB_UNKNOWN');
      foreign.manifests.set(path.replace('/v2/p/demo/manifests/', 'p/demo '), {
        mediaType: mediaTypes.ociIndex,
        bytes,
      });
      return send(response, 201);
    });
    await pushedManifest(demo, {
      mark: 'c',
      subject: { mediaType: mediaTypes.ociManifest, digest: subject, size: 1 },
    });
    assert.equal(await marksOf(demo, subject), ['b', 'c']);
  }),
);

test(
  'a tag that the registry takes for the subject itself is no list (GitLab)',
  withForeign(async ({ foreign, demo }) => {
    const subject = await pushedManifest(demo, { mark: 'subject' });
    const tag = `p/demo sha256-${hexOf(subject.digest)}`;
    const { mediaType, bytes } = subject;
    foreign.manifests.set(tag, { mediaType, bytes });
    assert.equal(await listAll(demo.referrers(subject.digest)), []);
    const other = await packed(demo, { mark: 'other' });
    foreign.manifests.set(tag, { mediaType, bytes: other.bytes });
    await rejectsWith('PKG_E_STORAGE_ANSWER', listAll(demo.referrers(subject.digest)));
    const pushing = pushedManifest(demo, { mark: 'a', subject: subject.descriptor });
    await rejectsWith('PKG_E_STORAGE_ANSWER', pushing);
    assert.equal(foreign.manifests.get(tag)?.bytes, other.bytes);
  }),
);

test(
  'members of a list that are not ours stay as they are',
  withForeign(async ({ foreign, demo }) => {
    const subject = await pushedManifest(demo, { mark: 'subject' });
    const foreignEntry = { mediaType: 'x/y', digest: 'sha512:abc', size: 1, platform: { os: 'x' } };
    const tag = `p/demo sha256-${hexOf(subject.digest)}`;
    const document = {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      annotations: { by: 'other' },
    };
    const bytes = canonicalBytes({ ...document, manifests: [foreignEntry] });
    foreign.manifests.set(tag, { mediaType: mediaTypes.ociIndex, bytes });
    await pushedManifest(demo, { mark: 'a', subject: subject.descriptor });
    const written = JSON.parse(String(foreign.manifests.get(tag)?.bytes));
    assert.equal(written.annotations, { by: 'other' });
    assert.equal(written.manifests[0], foreignEntry);
    assert.is(written.manifests.length, 2);
  }),
);

test.run();
