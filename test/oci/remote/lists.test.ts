import * as assert from 'uvu/assert';
import { listAll, rejectsWith } from '../../contract/oci-support.ts';
import {
  type ForeignRegistry,
  send,
  startForeignRegistry,
} from '../../support/foreign-registry.ts';
import { suite } from '../../support/suite.ts';
import { withForeign } from './opened.ts';

const test = suite('lists of tags');

const json = { 'content-type': 'application/json' };

/** Pages by number: their tags, and what each names as the next one. */
function pages(
  foreign: ForeignRegistry,
  page: (number: number) => { tags: unknown; link?: string },
) {
  let number = 0;
  foreign.hook((_, response) => {
    const { tags, link } = page(number);
    number += 1;
    const headers = link === undefined ? json : { ...json, link };
    return send(response, 200, headers, JSON.stringify({ name: 'p/demo', tags }));
  });
}

test(
  'pages are read by their Link; a short or empty one is not the end',
  withForeign(async ({ foreign, demo }) => {
    const next = (at: string) => `</v2/p/demo/tags/list?n=1000&last=${at}>; rel="next"`;
    const given = [
      { tags: ['a', 'b'], link: next('b') },
      { tags: [], link: `<list?last=x>; rel=next` },
      { tags: null, link: `<${foreign.origin}/v2/p/demo/tags/list?last=y>; rel="next"` },
      { tags: ['c'] },
    ];
    pages(foreign, (number) => given[number]!);
    assert.equal(await listAll(demo.tags()), ['a', 'b', 'c']);
    const targets = foreign.requests.map(({ target }) =>
      target.replace('GET /v2/p/demo/tags/', ''),
    );
    assert.equal(targets, ['list?n=1000', 'list?n=1000&last=b', 'list?last=x', 'list?last=y']);
  }),
);

test(
  'all tags on one page, though 1000 were asked for, are all tags (docker-registry)',
  withForeign(async ({ foreign, demo }) => {
    const tags = Array.from({ length: 200_000 }, (_, index) => `_j-1-0123456789abcdef-${index}`);
    pages(foreign, () => ({ tags }));
    assert.is((await listAll(demo.tags())).length, tags.length);
  }),
);

test(
  'pages are read only as far as they are asked for',
  withForeign(async ({ foreign, demo }) => {
    pages(foreign, (number) => ({ tags: [`t${number}`], link: `<?last=${number}>; rel="next"` }));
    for await (const tag of demo.tags()) if (tag === 't1') break;
    assert.is(foreign.requests.length, 2);
  }),
);

test(
  'pages without end are PKG_E_STORAGE_ANSWER',
  withForeign(
    async ({ foreign, demo }) => {
      pages(foreign, (number) => ({ tags: ['a'], link: `<?last=${number}>; rel="next"` }));
      await rejectsWith('PKG_E_STORAGE_ANSWER', listAll(demo.tags()));
      assert.is(foreign.requests.length, 20);
    },
    { limits: { pagesMax: 20 } },
  ),
);

test('a Link to another origin, or to the same page, is not followed', async () => {
  const other = await startForeignRegistry();
  try {
    for (const link of [
      `${other.origin}/v2/p/demo/tags/list`,
      '//other.example/x',
      'list?n=1000',
      'http://',
    ]) {
      await withForeign(
        async ({ foreign, demo }) => {
          pages(foreign, () => ({ tags: ['a'], link: `<${link}>; rel="next"` }));
          await rejectsWith('PKG_E_STORAGE_ANSWER', listAll(demo.tags()));
          assert.is(foreign.requests.length, 1);
        },
        { credentials: async () => ({ username: 'me', password: 'secret' }) },
      )();
    }
    assert.is(other.requests.length, 0);
  } finally {
    await other.close();
  }
});

test(
  'what can be no tag is left out; what is no list is PKG_E_STORAGE_ANSWER',
  withForeign(async ({ foreign, demo }) => {
    pages(foreign, () => ({ tags: ['a', 7, null, '', '../x', 'x'.repeat(129), 'b'] }));
    assert.equal(await listAll(demo.tags()), ['a', 'b']);
    pages(foreign, () => ({ tags: 'a' }));
    await rejectsWith('PKG_E_STORAGE_ANSWER', listAll(demo.tags()));
    foreign.hook((_, response) => send(response, 200, {}, '<html>'));
    await rejectsWith('PKG_E_STORAGE_ANSWER', listAll(demo.tags()));
  }),
);

test(
  'a page over its limit is PKG_E_STORAGE_ANSWER',
  withForeign(
    async ({ foreign, demo }) => {
      pages(foreign, () => ({ tags: ['a'.repeat(100)] }));
      await rejectsWith('PKG_E_STORAGE_ANSWER', listAll(demo.tags()));
    },
    { limits: { tagPageBytesMax: 100 } },
  ),
);

test.run();
