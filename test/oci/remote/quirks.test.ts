// One row a switch of the foreign registry: what the client makes of it.
import * as assert from 'uvu/assert';
import { emptyContent, emptyDescriptor } from '../../../src/core/descriptor.ts';
import { hexOf } from '../../../src/core/digest.ts';
import { mediaTypes } from '../../../src/core/media-types.ts';
import { packManifest } from '../../../src/oci/pack.ts';
import type { Repository } from '../../../src/oci/port.ts';
import type { Credentials } from '../../../src/oci/remote/credentials.ts';
import {
  listAll,
  packed,
  piecesOf,
  pushedManifest,
  randomBlob,
  readAll,
  rejectsAs,
  rejectsWith,
  stallingSource,
} from '../../contract/oci-support.ts';
import { type Quirk, quirks } from '../../support/foreign-quirks.ts';
import type { ForeignOptions, ForeignRegistry } from '../../support/foreign-registry.ts';
import { suite } from '../../support/suite.ts';
import { type Opened, withForeign } from './opened.ts';

const test = suite('quirks of registries');

const { target, bytes } = randomBlob(1000);
const mib = 1024 * 1024;

type Row = {
  /** What we do about it. */
  so: string;
  foreign?: ForeignOptions;
  credentials?: Credentials;
  work: (opened: Opened) => Promise<void>;
};

const rows: Record<Quirk, Row> = {
  'token-403-before-push': {
    so: 'asks for the right to push, and finds that nothing is there',
    foreign: { access: 'bearer' },
    credentials: { username: 'me', password: 'secret' },
    async work({ demo }) {
      assert.is(await demo.manifests.fetch('0.1.0'), undefined);
      assert.equal(await listAll(demo.tags()), []);
      await pushedManifest(demo, { mark: 'a', tag: '0.1.0' });
      assert.equal(await listAll(demo.tags()), ['0.1.0']);
    },
  },
  'referrers-redirect': { so: 'does not follow, and uses the fallback tag', work: byFallbackTag },
  'referrers-page': { so: 'uses the fallback tag', work: byFallbackTag },
  'referrers-name-unknown': {
    so: 'decides nothing until the repository is there',
    foreign: { referrers: true },
    async work({ registry, demo }) {
      assert.is(await registry.referrersApi({ repository: 'demo' }), false);
      await pushedManifest(demo, { mark: 'a' });
      assert.is(await registry.referrersApi({ repository: 'demo' }), true);
    },
  },
  'subject-without-api': { so: 'uses the fallback tag', work: byFallbackTag },
  'fallback-tag-is-subject': {
    so: 'takes the subject for no list, and writes one all the same',
    async work({ foreign, demo }) {
      const subject = await pushedManifest(demo, { mark: 'subject' });
      assert.equal(await listAll(demo.referrers(subject.digest)), []);
      await pushedManifest(demo, { mark: 'a', subject: subject.descriptor });
      assert.ok(foreign.manifests.has(`p/demo sha256-${hexOf(subject.digest)}`));
    },
  },
  'delete-405': {
    so: 'says so of a delete, and lets an aborted upload lie',
    async work({ demo }) {
      const { digest } = await pushedManifest(demo, { mark: 'a', tag: '0.1.0' });
      await rejectsWith('PKG_E_STORAGE_ANSWER', demo.manifests.delete(digest));
      await rejectsWith('PKG_E_STORAGE_ANSWER', demo.manifests.untag(['0.1.0']));
      const reason = new Error('enough');
      const abort = new AbortController();
      const { source, stalled } = stallingSource(randomBlob(2 * mib).bytes);
      stalled.then(() => abort.abort(reason));
      await rejectsAs(reason, demo.blobs.stage(source, { signal: abort.signal }));
    },
  },
  'delete-by-digest-only': {
    so: 'moves a tag to a manifest of its own and deletes that',
    async work({ demo }) {
      const { digest } = await pushedManifest(demo, { mark: 'a', tag: '0.1.0' });
      await demo.manifests.tag(digest, '0.2.0');
      await demo.manifests.untag(['0.1.0']);
      assert.equal(await listAll(demo.tags()), ['0.2.0']);
      assert.is((await demo.manifests.resolve('0.2.0'))?.digest, digest);
    },
  },
  'chunk-max-4mib': {
    so: 'goes on in chunks of 4 MiB, and begins with these the next time',
    async work({ foreign, demo }) {
      await stored(foreign, demo, 9 * mib);
      foreign.forget();
      await stored(foreign, demo, 9 * mib);
      assert.equal(patches(foreign), [
        `0-${4 * mib - 1}`,
        `${4 * mib}-${8 * mib - 1}`,
        `${8 * mib}-${9 * mib - 1}`,
      ]);
    },
  },
  'chunk-min-5mib': {
    so: 'sends no smaller ones but the last',
    async work({ foreign, demo }) {
      await stored(foreign, demo, 14 * mib);
      assert.is(patches(foreign).length, 3);
    },
  },
  'chunk-min-untold': {
    so: 'sends no smaller ones but the last',
    foreign: { quirks: ['length-required'] },
    async work({ foreign, demo }) {
      await stored(foreign, demo, 14 * mib);
      assert.is(patches(foreign).length, 4);
    },
  },
  'body-max-1mib': {
    so: 'sends chunks of 1 MiB',
    async work({ foreign, demo }) {
      await stored(foreign, demo, 3 * mib);
      const large = randomBlob(3 * mib);
      await demo.blobs.push(large.target, large.bytes);
      assert.is(
        Buffer.compare(foreign.blobs.get(`p/demo ${large.target.digest}`)!, large.bytes),
        0,
      );
    },
  },
  'length-required': {
    so: 'sends chunks, whose length is told',
    work: ({ foreign, demo }) => stored(foreign, demo, 8 * mib),
  },
  'patch-201': {
    so: 'takes it, and passes over the Range',
    foreign: { quirks: ['length-required'] },
    work: ({ foreign, demo }) => stored(foreign, demo, 20 * mib),
  },
  'put-204': {
    so: 'takes it',
    async work({ demo }) {
      await demo.blobs.push(target, bytes);
      await (await demo.blobs.stage(piecesOf(randomBlob(2 * mib).bytes))).commit();
    },
  },
  'mount-202': {
    so: 'takes it for a no, and ends the upload',
    async work({ foreign, demo, registry }) {
      await demo.blobs.push(target, bytes);
      assert.is(await registry.repository('other').blobs.mount(target.digest, 'demo'), false);
      assert.is(foreign.sessions.size, 0);
    },
  },
  'mount-forgotten': {
    so: 'looks whether it is there',
    async work({ demo, registry }) {
      await demo.blobs.push(target, bytes);
      const other = registry.repository('other').blobs;
      assert.is(await other.mount(target.digest, 'demo'), false);
      await other.push(target, bytes);
      assert.equal(await other.stat(target.digest), { size: 1000 });
    },
  },
  'location-relative': {
    so: 'goes there',
    work: ({ foreign, demo }) => stored(foreign, demo, 8 * mib),
  },
  'location-query': {
    so: 'keeps it as it is, and puts the digest behind it',
    async work({ foreign, demo }) {
      await stored(foreign, demo, 8 * mib);
      await demo.blobs.push(target, bytes);
      const digest = encodeURIComponent(target.digest);
      assert.match(foreign.requests.at(-1)!.target, `?state=a%2Bb&digest=${digest}`);
    },
  },
  'no-digests': {
    so: 'reads what it would name, and hashes it',
    async work({ demo, clock }) {
      const { descriptor } = await pushedManifest(demo, { mark: 'a', tag: '0.1.0' });
      clock.pass(600_000);
      assert.equal(await demo.manifests.resolve('0.1.0'), descriptor);
      assert.equal((await demo.manifests.fetch('0.1.0'))?.descriptor, descriptor);
    },
  },
  'head-length-differs': {
    so: 'believes what it pushed itself, and of a read the bytes',
    async work({ demo, clock }) {
      const { descriptor } = await pushedManifest(demo, { mark: 'a', tag: '0.1.0' });
      assert.equal(await demo.manifests.resolve('0.1.0'), descriptor);
      clock.pass(600_000);
      assert.is((await demo.manifests.resolve('0.1.0'))?.digest, descriptor.digest);
      assert.equal((await demo.manifests.fetch('0.1.0'))?.descriptor, descriptor);
    },
  },
  'tags-50-a-page': { so: 'reads all pages', work: (opened) => listed(opened, 120, 3) },
  'tags-100-a-page': { so: 'reads all pages', work: (opened) => listed(opened, 250, 3) },
  'tags-all-at-once': {
    so: 'takes them as they come, each once',
    async work(opened) {
      await listed(opened, 2500, 1);
      await listed(opened, 1000, 2);
    },
  },
  'tags-n-max-1000': { so: 'asks for 1000', work: (opened) => listed(opened, 1500, 2) },
  'tags-link-only-with-n': { so: 'sends n', work: (opened) => listed(opened, 1500, 2) },
  'tags-without-link': {
    so: 'asks for what follows a full page',
    async work(opened) {
      await listed(opened, 2500, 3);
      await listed(opened, 2000, 3);
    },
  },
  'immutable-tags': {
    so: 'sees that the same stands there already, and passes on any other no',
    async work({ foreign, demo }) {
      const manifest = await pushedManifest(demo, { mark: 'a', tag: '0.1.0' });
      await demo.manifests.push(manifest, { tag: '0.1.0' });
      await demo.manifests.tag(manifest.digest, '0.1.0');
      const other = await packed(demo, { mark: 'b' });
      await rejectsWith('PKG_E_STORAGE_ANSWER', demo.manifests.push(other, { tag: '0.1.0' }));
      assert.equal(foreign.manifests.get('p/demo 0.1.0')?.bytes, manifest.bytes);
    },
  },
  'no-create-on-push': {
    so: 'says what to do',
    async work({ foreign, demo }) {
      const error = await rejectsWith('PKG_E_STORAGE_ANSWER', demo.blobs.push(target, bytes));
      assert.match(error.message, 'NAME_UNKNOWN');
      assert.match(error.help ?? '', 'ECR');
      foreign.blobs.set('p/demo x', Buffer.alloc(0));
      await demo.blobs.push(target, bytes);
    },
  },
  'no-empty-blobs': { so: 'uses the two bytes of the empty JSON object', work: withoutContent },
  'no-empty-manifests': { so: 'lets an empty layer stand for none', work: withoutContent },
  'types-allow-listed': {
    so: 'passes on the refusal of an artifact, and gets an image in',
    async work({ demo }) {
      const error = await rejectsWith('PKG_E_STORAGE_ANSWER', pushedManifest(demo, { mark: 'a' }));
      assert.match(error.message, 'MANIFEST_INVALID');
      const mediaType = mediaTypes.ociManifest;
      const config = { ...emptyDescriptor, mediaType: 'application/vnd.oci.image.config.v1+json' };
      const image = { schemaVersion: 2, mediaType, config, layers: [emptyDescriptor] };
      await demo.manifests.push({ mediaType, bytes: Buffer.from(JSON.stringify(image)) });
    },
  },
  'missing-blobs-taken': {
    so: 'asks for those that it did not push itself',
    foreign: { referrers: true },
    async work({ foreign, registry, demo }) {
      await registry.referrersApi();
      await demo.blobs.push(emptyDescriptor, emptyContent);
      const manifest = packManifest({ artifactType: 'x/y', layers: [target] });
      await rejectsWith('PKG_E_STORAGE_ANSWER', demo.manifests.push(manifest));
      assert.is(foreign.manifests.size, 0);
      foreign.blobs.set(`p/demo ${target.digest}`, Buffer.from(bytes));
      await demo.manifests.push(manifest);
    },
  },
  '429-text': {
    so: 'waits as long as it says',
    async work({ demo, clock }) {
      await pushedManifest(demo, { mark: 'a', tag: '0.1.0' });
      assert.ok(await demo.manifests.fetch('0.1.0'));
      assert.equal(new Set(clock.waits), new Set([1000]));
    },
  },
  'authenticate-on-200': {
    so: 'does not take it for a challenge',
    credentials: { username: 'me', password: 'secret' },
    async work({ foreign, demo }) {
      await demo.blobs.push(target, bytes);
      await demo.blobs.stat(target.digest);
      const shown = foreign.requests.map(({ headers }) => headers.authorization);
      assert.equal(shown, [undefined, undefined, undefined]);
    },
  },
  'basic-bare': {
    so: 'answers it',
    foreign: { access: 'basic' },
    credentials: { username: 'me', password: 'secret' },
    work: reachable,
  },
  'realm-unquoted': {
    so: 'reads them',
    foreign: { access: 'bearer' },
    credentials: { username: 'me', password: 'secret' },
    work: reachable,
  },
  'challenges-in-one-field': {
    so: 'answers Bearer',
    foreign: { access: 'bearer' },
    credentials: { username: 'me', password: 'secret' },
    async work(opened) {
      await reachable(opened);
      const shown = opened.foreign.requests.filter(({ path }) => path !== '/token');
      for (const { headers } of shown.slice(1)) assert.match(headers.authorization!, 'Bearer ');
    },
  },
  'access-token-only': {
    so: 'exchanges its identity token and takes access_token',
    foreign: { access: 'bearer' },
    credentials: { identityToken: 'refresh' },
    work: reachable,
  },
};

for (const [quirk, { so, foreign, credentials, work }] of Object.entries(rows)) {
  const switches = [...(foreign?.quirks ?? []), quirk as Quirk];
  test(
    `${quirks[quirk as Quirk]}: the client ${so}`,
    withForeign(work, {
      foreign: { ...foreign, quirks: switches },
      credentials: async () => credentials,
    }),
  );
}

/** Attaches something and finds it, by way of the fallback tag and nowhere else. */
async function byFallbackTag({ foreign, registry, demo }: Opened) {
  const subject = await pushedManifest(demo, { mark: 'subject' });
  const { digest } = await pushedManifest(demo, { mark: 'a', subject: subject.descriptor });
  assert.is(await registry.referrersApi(), false);
  const found = await listAll(demo.referrers(subject.digest));
  assert.equal(
    found.map((one) => [one.digest, one.annotations]),
    [[digest, { mark: 'a' }]],
  );
  assert.not.ok(foreign.targets().some((one) => one.includes('/login')));
}

/** Stages and commits so many random bytes, and finds them there. */
async function stored(foreign: ForeignRegistry, demo: Repository, size: number) {
  const content = randomBlob(size);
  await (await demo.blobs.stage(piecesOf(content.bytes))).commit();
  const there = foreign.blobs.get(`p/demo ${content.target.digest}`);
  assert.is(Buffer.compare(there ?? Buffer.alloc(0), content.bytes), 0);
  assert.is(foreign.sessions.size, 0);
}

function patches({ requests }: ForeignRegistry) {
  const sent = requests.filter(({ method }) => method === 'PATCH');
  return sent.map(({ headers }) => headers['content-range']);
}

/** Lists so many tags in so many requests. */
async function listed({ foreign, demo }: Opened, count: number, requests: number) {
  foreign.manifests.clear();
  foreign.forget();
  const tags = Array.from({ length: count }, (_, at) => `t${String(at).padStart(5, '0')}`);
  const manifest = { mediaType: mediaTypes.ociManifest, bytes: Buffer.from('{}') };
  for (const tag of tags) foreign.manifests.set(`p/demo ${tag}`, manifest);
  assert.equal(await listAll(demo.tags()), tags);
  assert.is(foreign.requests.length, requests);
}

/** Something said of nothing: no config and no layers of its own. */
async function withoutContent({ demo }: Opened) {
  const { digest } = await pushedManifest(demo, { mark: 'a', tag: '0.1.0' });
  assert.is((await demo.manifests.resolve('0.1.0'))?.digest, digest);
}

async function reachable({ demo }: Opened) {
  await demo.blobs.push(target, bytes);
  const found = await demo.blobs.fetch(target.digest);
  assert.is(Buffer.compare(await readAll(found!.body), bytes), 0);
}

test.run();
