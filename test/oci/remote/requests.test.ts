import * as assert from 'uvu/assert';
import { emptyContent, emptyDescriptor } from '../../../src/core/descriptor.ts';
import type { Registry, Repository } from '../../../src/oci/port.ts';
import { packed, piecesOf, pushedManifest, randomBlob } from '../../contract/oci-support.ts';
import { suite } from '../../support/suite.ts';
import { withForeign } from './opened.ts';

const test = suite('requests that the remote adapter needs');

type Parts = {
  registry: Registry;
  demo: Repository;
  pushed: Awaited<ReturnType<typeof pushedManifest>>;
  manifest: Awaited<ReturnType<typeof packed>>;
};

const { target, bytes } = randomBlob(1000);
const open = { foreign: { referrers: true } };

for (const [what, count, work] of [
  [
    'a small archive that is staged and committed',
    2,
    async ({ demo }) => {
      await (await demo.blobs.stage(piecesOf(bytes))).commit();
    },
  ],
  [
    'an archive of 5 MB that is staged and committed',
    3,
    async ({ demo }) => {
      await (await demo.blobs.stage(piecesOf(Buffer.alloc(5_000_000)))).commit();
    },
  ],
  ['a small blob', 2, ({ demo }) => demo.blobs.push(target, bytes)],
  [
    'the empty blob, pushed again',
    0,
    async ({ registry }) => registry.repository('demo').blobs.push(emptyDescriptor, emptyContent),
  ],
  ['a manifest by digest', 1, ({ demo, manifest }) => demo.manifests.push(manifest)],
  [
    'a manifest under a tag',
    1,
    ({ demo, manifest }) => demo.manifests.push(manifest, { tag: 'a' }),
  ],
  [
    'a tag of a manifest just pushed',
    1,
    ({ registry, pushed }) => registry.repository('demo').manifests.tag(pushed.digest, '0.1.0'),
  ],
  ['the fence', 1, ({ demo }) => demo.manifests.resolve('_term')],
  ['the question for the Referrers API', 0, ({ registry }) => registry.referrersApi()],
  ['a manifest', 1, ({ demo, pushed }) => demo.manifests.fetch(pushed.digest)],
  [
    'a blob',
    1,
    async ({ demo }) => {
      for await (const _piece of (await demo.blobs.fetch(emptyDescriptor.digest))!.body);
    },
  ],
] as [string, number, (parts: Parts) => Promise<unknown>][]) {
  test(
    `${what}: ${count}`,
    withForeign(async ({ foreign, registry, demo }) => {
      await registry.referrersApi();
      const pushed = await pushedManifest(demo, { mark: 'pushed', tag: '_term' });
      const manifest = await packed(demo, { mark: 'a' });
      foreign.forget();
      await work({ registry, demo, pushed, manifest });
      assert.is(foreign.requests.length, count, foreign.targets().join(', '));
    }, open),
  );
}

for (const [what, referrers, count] of [
  ['with the Referrers API', true, 1],
  ['without the Referrers API: the list under the fallback tag is read and written', false, 3],
] as const) {
  test(
    `a referrer ${what}: ${count}`,
    withForeign(
      async ({ foreign, registry, demo }) => {
        await registry.referrersApi();
        const subject = await pushedManifest(demo, { mark: 'subject' });
        const referrer = await packed(demo, { mark: 'a', subject: subject.descriptor });
        foreign.forget();
        await demo.manifests.push(referrer);
        assert.is(foreign.requests.length, count, foreign.targets().join(', '));
      },
      { foreign: { referrers } },
    ),
  );
}

test(
  'what a manifest needs is not remembered for ever',
  withForeign(async ({ foreign, demo, clock }) => {
    const { digest } = await pushedManifest(demo, { mark: 'a' });
    clock.pass(130_000);
    foreign.forget();
    await demo.manifests.tag(digest, '0.1.0');
    assert.is(foreign.requests.length, 2);
    clock.pass(600_000);
    foreign.forget();
    await demo.blobs.push(emptyDescriptor, emptyContent);
    assert.is(foreign.requests.length, 2);
  }),
);

test.run();
