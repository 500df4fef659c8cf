import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { emptyDescriptor } from '../../src/core/descriptor.ts';
import { sha256 } from '../../src/core/digest.ts';
import { canonicalBytes } from '../../src/core/json.ts';
import { mediaTypes } from '../../src/core/media-types.ts';
import {
  listAll,
  packed,
  pushedManifest,
  type RegistryException,
  randomBlob,
  rejectsAs,
  rejectsWith,
  type WithRegistry,
} from './oci-support.ts';

export function manifestCases(
  test: Test,
  withRegistry: WithRegistry,
  exceptions: ReadonlySet<RegistryException>,
): void {
  manifestAndTagCases(test, withRegistry, exceptions);
  refusedCases(test, withRegistry, exceptions);
  referrerCases(test, withRegistry);
  nameCases(test, withRegistry);
}

function manifestAndTagCases(
  test: Test,
  withRegistry: WithRegistry,
  exceptions: ReadonlySet<RegistryException>,
) {
  test(
    'a manifest pushed by digest is found by digest, and has no tag',
    withRegistry(async (_, repository) => {
      const { descriptor, digest, bytes, mediaType } = await pushedManifest(repository, {
        mark: 'a',
      });
      const plain = { mediaType, digest, size: bytes.length };
      assert.equal(descriptor, plain);
      const stored = await repository.manifests.fetch(digest);
      assert.equal(stored?.descriptor, plain);
      assert.is(Buffer.compare(stored!.bytes, bytes), 0);
      assert.equal(await repository.manifests.resolve(digest), plain);
      assert.equal(await listAll(repository.tags()), []);
    }),
  );

  test(
    'a manifest pushed with a tag is found by both, and pushing it again changes nothing',
    withRegistry(async (_, repository) => {
      const first = await pushedManifest(repository, { mark: 'a', tag: '0.1.0' });
      assert.equal(await repository.manifests.push(first, { tag: '0.1.0' }), first.descriptor);
      assert.equal(await repository.manifests.push(first), first.descriptor);
      assert.equal(await repository.manifests.resolve('0.1.0'), first.descriptor);
      const stored = await repository.manifests.fetch('0.1.0');
      assert.is(Buffer.compare(stored!.bytes, first.bytes), 0);
      assert.equal(await listAll(repository.tags()), ['0.1.0']);
    }),
  );

  test(
    'a manifest may have several tags, and a tag moves',
    withRegistry(async (_, repository) => {
      const [a, b] = [
        await pushedManifest(repository, { mark: 'a', tag: 'one' }),
        await pushedManifest(repository, { mark: 'b', tag: 'two' }),
      ];
      await repository.manifests.tag(a.digest, 'three');
      await repository.manifests.tag(a.digest, 'two');
      await repository.manifests.tag(a.digest, 'two');
      for (const tag of ['one', 'two', 'three']) {
        assert.is((await repository.manifests.resolve(tag))?.digest, a.digest);
      }
      assert.equal((await listAll(repository.tags())).sort(), ['one', 'three', 'two']);
      assert.is((await repository.manifests.resolve(b.digest))?.digest, b.digest);
      await repository.manifests.push(b, { tag: 'one' });
      assert.is((await repository.manifests.resolve('one'))?.digest, b.digest);
    }),
  );

  test(
    'an index is a manifest as well',
    withRegistry(async (_, repository) => {
      const { descriptor } = await pushedManifest(repository, { mark: 'a' });
      const mediaType = mediaTypes.ociIndex;
      const bytes = canonicalBytes({ schemaVersion: 2, mediaType, manifests: [descriptor] });
      const pushed = await repository.manifests.push({ mediaType, bytes }, { tag: 'all' });
      assert.equal(pushed, { mediaType, digest: sha256(bytes), size: bytes.length });
      assert.equal(await repository.manifests.resolve('all'), pushed);
    }),
  );

  test(
    'untag removes tags, passes over those that do not exist, and keeps the manifest',
    withRegistry(async (_, repository) => {
      const { digest } = await pushedManifest(repository, { mark: 'a', tag: 'one' });
      await repository.manifests.tag(digest, 'two');
      await repository.manifests.tag(digest, 'three');
      await repository.manifests.untag(['one', 'never', 'three', 'one']);
      assert.equal(await listAll(repository.tags()), ['two']);
      await repository.manifests.untag(['two']);
      await repository.manifests.untag([]);
      assert.equal(await listAll(repository.tags()), []);
      assert.is(await repository.manifests.resolve('two'), undefined);
      assert.is((await repository.manifests.resolve(digest))?.digest, digest);
    }),
  );

  test(
    'a deleted manifest is gone with its tags, and may be pushed again',
    withRegistry(async (_, repository) => {
      const { manifests } = repository;
      const a = await pushedManifest(repository, { mark: 'a', tag: 'one' });
      const b = await pushedManifest(repository, { mark: 'b', tag: 'two' });
      await manifests.tag(a.digest, 'three');
      assert.is(await manifests.delete(a.digest), true);
      assert.is(await manifests.delete(a.digest), false);
      assert.is(await manifests.fetch(a.digest), undefined);
      if (!exceptions.has('tags-stay')) {
        assert.equal(await listAll(repository.tags()), ['two']);
        assert.is(await manifests.fetch('one'), undefined);
      }
      assert.is((await manifests.resolve('two'))?.digest, b.digest);
      await manifests.push(a, { tag: 'one' });
      assert.is((await manifests.fetch('one'))?.descriptor.digest, a.digest);
    }),
  );

  test(
    'deleting and pushing a manifest at once leaves it whole or not at all',
    withRegistry(async (_, repository) => {
      const manifest = await packed(repository, { mark: 'a' });
      for (let round = 0; round < 10; round += 1) {
        await Promise.all([
          repository.manifests.push(manifest, { tag: 'one' }),
          repository.manifests.delete(manifest.digest),
          repository.manifests.push(manifest, { tag: 'two' }),
        ]);
        for (const tag of await listAll(repository.tags())) {
          const found = await repository.manifests.fetch(tag);
          const torn = !found && exceptions.has('torn-delete');
          assert.ok(found || torn, `${tag} in round ${round}`);
        }
      }
    }),
  );

  test(
    'fifty tags set at once are all listed',
    withRegistry(async (_, repository) => {
      const { digest } = await pushedManifest(repository, { mark: 'a' });
      const tags = Array.from({ length: 50 }, (_, index) => `tag-${index}`);
      await Promise.all(tags.map((tag) => repository.manifests.tag(digest, tag)));
      assert.equal((await listAll(repository.tags())).sort(), tags.sort());
    }),
  );

  test(
    'fifty manifests pushed under tags at once are all found',
    withRegistry(async (_, repository) => {
      const marks = Array.from({ length: 50 }, (_, index) => `m${index}`);
      const pushed = await Promise.all(
        marks.map((mark) => pushedManifest(repository, { mark, tag: mark })),
      );
      assert.equal((await listAll(repository.tags())).sort(), marks.sort());
      for (const [index, { digest }] of pushed.entries()) {
        const mark = `m${index}`;
        assert.is((await repository.manifests.resolve(mark))?.digest, digest);
      }
    }),
  );

  test(
    'the last of several tags set one after the other, without waiting, stands',
    withRegistry(async (_, repository) => {
      const pushed = [];
      for (let index = 0; index < 5; index += 1) {
        pushed.push(await pushedManifest(repository, { mark: String(index) }));
      }
      for (const { digest } of pushed) await repository.manifests.tag(digest, 'moving');
      assert.is((await repository.manifests.resolve('moving'))?.digest, pushed.at(-1)?.digest);
    }),
  );
}

function refusedCases(
  test: Test,
  withRegistry: WithRegistry,
  exceptions: ReadonlySet<RegistryException>,
) {
  test(
    'what is not there is undefined, or an empty list',
    withRegistry(async (registry, { manifests }) => {
      const { digest } = randomBlob(10).target;
      assert.is(await manifests.fetch('0.1.0'), undefined);
      assert.is(await manifests.fetch(digest), undefined);
      assert.is(await manifests.resolve('0.1.0'), undefined);
      assert.is(await manifests.resolve(digest), undefined);
      assert.is(await manifests.delete(digest), false);
      await manifests.untag(['0.1.0']);
      const nowhere = registry.repository('no/where');
      assert.equal(await listAll(nowhere.tags()), []);
      assert.equal(await listAll(nowhere.referrers(digest)), []);
      assert.type(await registry.referrersApi(), 'boolean');
    }),
  );

  test(
    'a blob is not found as a manifest, and can not be tagged',
    withRegistry(async (_, { blobs, manifests }) => {
      const { target, bytes } = randomBlob(10);
      await blobs.push(target, bytes);
      if (exceptions.has('blob-as-manifest')) {
        await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', manifests.fetch(target.digest));
        await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', manifests.tag(target.digest, 'one'));
      } else {
        assert.is(await manifests.fetch(target.digest), undefined);
        await rejectsWith('PKG_E_STORAGE_ANSWER', manifests.tag(target.digest, 'one'));
      }
      assert.is(await manifests.resolve('one'), undefined);
    }),
  );

  for (const [what, code, bytes] of [
    ['text', 'PKG_E_DOCUMENT', Buffer.from('hello')],
    ['a list', 'PKG_E_DOCUMENT', Buffer.from('[]')],
    ['nothing', 'PKG_E_DOCUMENT', Buffer.alloc(0)],
    ['invalid UTF-8', 'PKG_E_DOCUMENT', Buffer.from([0x7b, 0xff, 0x7d])],
    ['a member twice', 'PKG_E_DOCUMENT', Buffer.from('{"subject":{},"subject":{}}')],
    ['a subject without a digest', 'PKG_E_DOCUMENT', Buffer.from('{"subject":{}}')],
    ['another media type', 'PKG_E_DOCUMENT', Buffer.from('{"mediaType":"text/plain"}')],
    ['annotations of numbers', 'PKG_E_DOCUMENT', Buffer.from('{"annotations":{"a":1}}')],
    ['over 4 MiB', 'PKG_E_BODY_SIZE', Buffer.alloc(4 * 1024 * 1024 + 1, ' ')],
  ] as const) {
    test(
      `a manifest that is ${what} is refused`,
      withRegistry(async (_, { manifests, tags }) => {
        const mediaType = mediaTypes.ociManifest;
        await rejectsWith(code, manifests.push({ mediaType, bytes }, { tag: 'bad' }));
        assert.is(await manifests.fetch(sha256(bytes)), undefined);
        assert.equal(await listAll(tags()), []);
      }),
    );
  }

  test(
    'a manifest between 1 and 4 MiB is taken',
    withRegistry(async (_, repository) => {
      const mark = 'm'.repeat(2 * 1024 * 1024);
      const { digest, bytes } = await pushedManifest(repository, { mark, tag: 'large' });
      const stored = await repository.manifests.fetch('large');
      assert.is(stored?.descriptor.digest, digest);
      assert.is(Buffer.compare(stored!.bytes, bytes), 0);
    }),
  );

  for (const tag of ['', '.hidden', '-dash', 'a/b', '../up', 'a:b', 'a b', 'é', 'x'.repeat(129)]) {
    test(
      `the tag ${JSON.stringify(tag.slice(0, 20))} is PKG_E_TAG`,
      withRegistry(async (_, repository) => {
        const { manifests } = repository;
        const manifest = await packed(repository, { mark: 'a' });
        await rejectsWith('PKG_E_TAG', manifests.push(manifest, { tag }));
        assert.is(await manifests.fetch(manifest.digest), undefined);
        await rejectsWith('PKG_E_TAG', manifests.tag(manifest.digest, tag));
        await rejectsWith('PKG_E_TAG', manifests.fetch(tag));
        await rejectsWith('PKG_E_TAG', manifests.resolve(tag));
      }),
    );
  }

  test(
    'an aborted signal rejects every call with its reason and changes nothing',
    withRegistry(async (_, repository) => {
      const { manifests } = repository;
      const { digest } = await pushedManifest(repository, { mark: 'a', tag: 'one' });
      const other = await packed(repository, { mark: 'b' });
      const reason = new Error('enough');
      const options = { signal: AbortSignal.abort(reason) };
      await rejectsAs(reason, manifests.push(other, { tag: 'two', ...options }));
      await rejectsAs(reason, manifests.fetch('one', options));
      await rejectsAs(reason, manifests.resolve('one', options));
      await rejectsAs(reason, manifests.tag(digest, 'two', options));
      await rejectsAs(reason, manifests.untag(['one'], options));
      await rejectsAs(reason, manifests.delete(digest, options));
      await rejectsAs(reason, listAll(repository.tags(options)));
      await rejectsAs(reason, listAll(repository.referrers(digest, options)));
      assert.equal(await listAll(repository.tags()), ['one']);
      assert.is(await manifests.fetch(other.digest), undefined);
    }),
  );
}

function referrerCases(test: Test, withRegistry: WithRegistry) {
  const signature = 'application/vnd.example.signature';
  const sbom = 'application/vnd.example.sbom';

  test(
    'referrers come with artifact type and annotations, each once, filtered where asked',
    withRegistry(async (_, repository) => {
      const subject = await pushedManifest(repository, { mark: 'subject', tag: '0.1.0' });
      const other = await pushedManifest(repository, { mark: 'other' });
      const of = (artifactType: string, mark: string, to = subject) =>
        pushedManifest(repository, { mark, artifactType, subject: to.descriptor });
      const a = await of(signature, 'a');
      await repository.manifests.push(a, { tag: 'kept' });
      await repository.manifests.tag(a.digest, 'kept-too');
      const [b, c] = [await of(signature, 'b'), await of(sbom, 'c')];
      await of(signature, 'd', other);
      const described = ({ descriptor }: typeof a, artifactType: string, mark: string) => ({
        ...descriptor,
        artifactType,
        annotations: { mark },
      });
      const list = async (artifactType?: string) => {
        const options = artifactType === undefined ? {} : { artifactType };
        const found = await listAll(repository.referrers(subject.digest, options));
        return found.sort((x, y) => (x.annotations!.mark! < y.annotations!.mark! ? -1 : 1));
      };
      const signatures = [described(a, signature, 'a'), described(b, signature, 'b')];
      assert.equal(await list(), [...signatures, described(c, sbom, 'c')]);
      assert.equal(await list(signature), signatures);
      assert.equal(await list('application/vnd.example.none'), []);
    }),
  );

  test(
    'a manifest without artifactType is listed under the media type of its config',
    withRegistry(async (_, repository) => {
      const subject = await pushedManifest(repository, { mark: 'subject' });
      const mediaType = mediaTypes.ociManifest;
      const bytes = canonicalBytes({
        schemaVersion: 2,
        mediaType,
        config: emptyDescriptor,
        layers: [emptyDescriptor],
        subject: subject.descriptor,
      });
      const pushed = await repository.manifests.push({ mediaType, bytes });
      const options = { artifactType: mediaTypes.ociEmpty };
      assert.equal(await listAll(repository.referrers(subject.digest, options)), [
        { ...pushed, artifactType: mediaTypes.ociEmpty },
      ]);
    }),
  );

  test(
    'a referrer may come before its subject',
    withRegistry(async (_, repository) => {
      const subject = await packed(repository, { mark: 'subject' });
      const { mediaType, digest, bytes } = subject;
      const referrer = await pushedManifest(repository, {
        mark: 'a',
        subject: { mediaType, digest, size: bytes.length },
      });
      const digests = async () =>
        (await listAll(repository.referrers(digest))).map((found) => found.digest);
      assert.equal(await digests(), [referrer.digest]);
      await repository.manifests.push(subject);
      assert.equal(await digests(), [referrer.digest]);
    }),
  );

  test(
    'a deleted referrer is not listed, and is again when it comes back',
    withRegistry(async (_, repository) => {
      const { descriptor: subject } = await pushedManifest(repository, { mark: 'subject' });
      const referrer = await pushedManifest(repository, { mark: 'a', subject });
      await repository.manifests.delete(referrer.digest);
      assert.equal(await listAll(repository.referrers(subject.digest)), []);
      await repository.manifests.push(referrer);
      assert.is((await listAll(repository.referrers(subject.digest))).length, 1);
    }),
  );
}

function nameCases(test: Test, withRegistry: WithRegistry) {
  for (const name of [
    '',
    '/',
    '.',
    '..',
    '../up',
    'a/../b',
    'a//b',
    '/a',
    'a/',
    'A',
    'a b',
    '.lock',
    'a/.uploads',
    '_a',
    'a\\b',
    'a\0',
    'é',
    'a-/b',
    'a..b',
    `a${'/a'.repeat(128)}`,
  ]) {
    test(
      `the repository name ${JSON.stringify(name.slice(0, 20))} is PKG_E_REPOSITORY_NAME`,
      withRegistry(async (registry) => {
        const open = async () => registry.repository(name);
        await rejectsWith('PKG_E_REPOSITORY_NAME', open());
        const { blobs } = registry.repository('demo-lib');
        await rejectsWith('PKG_E_REPOSITORY_NAME', blobs.mount(randomBlob(1).target.digest, name));
      }),
    );
  }

  test(
    'repositories whose names lie within one another do not disturb each other',
    withRegistry(async (registry) => {
      const hex = 'a'.repeat(64);
      const names = [
        'roussov',
        'roussov/blobs',
        'roussov/blobs/sha256',
        `roussov/blobs/sha256/${hex}`,
        'roussov/oci-layout',
        'roussov/index.json',
        'roussov/blobs/blobs',
        'a',
        'a.b__c-d/e',
      ];
      // Both orders: the outer layout is made first in one, last in the other.
      for (const [turn, order] of [names, names.toReversed()].entries()) {
        for (const name of order) {
          const repository = registry.repository(name);
          assert.is(repository.name, name);
          await pushedManifest(repository, { mark: `${turn} ${name}`, tag: `turn-${turn}` });
        }
      }
      for (const name of names) {
        const { manifests, tags } = registry.repository(name);
        assert.equal((await listAll(tags())).sort(), ['turn-0', 'turn-1']);
        const stored = await manifests.fetch('turn-1');
        assert.match(Buffer.from(stored!.bytes).toString(), JSON.stringify(`1 ${name}`));
      }
    }),
  );
}
