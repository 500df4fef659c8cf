import * as assert from 'uvu/assert';
import { sha256 } from '../../../src/core/digest.ts';
import {
  failingSource,
  piecesOf,
  randomBlob,
  rejectsAs,
  rejectsWith,
  stallingSource,
} from '../../contract/oci-support.ts';
import { bodyOf, fail, send, startForeignRegistry } from '../../support/foreign-registry.ts';
import { suite } from '../../support/suite.ts';
import { withForeign } from './opened.ts';

const test = suite('uploads to a registry');

const { target, bytes } = randomBlob(3_000_000);
const large = randomBlob(2_000_000);
const small = randomBlob(1000);
const credentials = async () => ({ username: 'me', password: 'secret' });

test(
  'small content of unknown digest is held, and pushed when it is committed',
  withForeign(async ({ foreign, demo }) => {
    const staged = await demo.blobs.stage(piecesOf(small.bytes));
    assert.equal([staged.digest, staged.size], [small.target.digest, 1000]);
    assert.equal(foreign.targets(), []);
    await staged.commit();
    const methods = foreign.requests.map(({ method }) => method);
    assert.equal(methods, ['POST', 'PUT']);
    await (await demo.blobs.stage(piecesOf(bytes.subarray(0, 500)))).abort();
    assert.is(foreign.requests.length, 2);
  }),
);

test(
  'content that one chunk holds: POST, PATCH with its range, PUT with the digest',
  withForeign(async ({ foreign, demo }) => {
    const staged = await demo.blobs.stage(piecesOf(bytes.subarray(0, 1), bytes.subarray(1)));
    await staged.commit();
    const methods = foreign.requests.map(({ method }) => method);
    assert.equal(methods, ['POST', 'PATCH', 'PUT']);
    const [post, patch, put] = foreign.requests;
    assert.is(post?.target, 'POST /v2/p/demo/blobs/uploads/');
    assert.is(patch?.headers['content-range'], '0-2999999');
    assert.is(patch?.headers['content-length'], '3000000');
    assert.match(put!.target, `?digest=${encodeURIComponent(target.digest)}`);
  }),
);

test(
  'larger content is streamed, once a first chunk of untold length was taken',
  withForeign(
    async ({ foreign, demo }) => {
      for (const patches of [2, 1]) {
        foreign.forget();
        const content = randomBlob(50_000);
        await (await demo.blobs.stage(piecesOf(content.bytes))).commit();
        const sent = foreign.requests.filter(({ method }) => method === 'PATCH');
        assert.is(sent.length, patches);
        for (const { headers } of sent) assert.is(headers['transfer-encoding'], 'chunked');
        assert.ok(foreign.blobs.has(`p/demo ${content.target.digest}`));
      }
    },
    { limits: { bufferedPushBytesMax: 1000, chunkBytes: 6000 } },
  ),
);

test(
  'content of known digest: POST and PUT, and no question before',
  withForeign(async ({ foreign, demo }) => {
    await demo.blobs.push(target, bytes);
    const methods = foreign.requests.map(({ method }) => method);
    assert.equal(methods, ['POST', 'PUT']);
    assert.is(foreign.requests[1]?.headers['content-length'], String(bytes.length));
  }),
);

test(
  'a blob that was pushed or seen is not pushed again, and one that was deleted is',
  withForeign(async ({ foreign, registry, demo }) => {
    await demo.blobs.push(small.target, small.bytes);
    foreign.forget();
    await registry.repository('demo').blobs.push(small.target, small.bytes);
    assert.is(foreign.requests.length, 0);
    await demo.blobs.delete(small.target.digest);
    await demo.blobs.push(small.target, small.bytes);
    assert.is(foreign.requests.length, 3);
    foreign.blobs.set(`p/other ${target.digest}`, Buffer.from(bytes));
    const other = registry.repository('other');
    await other.blobs.stat(target.digest);
    foreign.forget();
    await other.blobs.push(target, bytes);
    assert.is(foreign.requests.length, 0);
  }),
);

test(
  'pushes of one blob at the same time are one push',
  withForeign(async ({ foreign, demo }) => {
    const push = () => demo.blobs.push(small.target, small.bytes);
    await Promise.all(Array.from({ length: 20 }, push));
    assert.is(foreign.requests.length, 2);
  }),
);

test(
  'a manifest that is refused for a missing blob makes the next push send it again',
  withForeign(async ({ foreign, demo }) => {
    await demo.blobs.push(small.target, small.bytes);
    const put = foreign.requests.length;
    foreign.hook(({ method, path }, response, message) => {
      if (method !== 'PUT' || !path.includes('/manifests/')) return false;
      message.resume();
      return fail(response, 404, 'MANIFEST_BLOB_UNKNOWN');
    });
    const manifest = { mediaType: 'application/json', bytes: Buffer.from('{}') };
    await rejectsWith('PKG_E_STORAGE_ANSWER', demo.manifests.push(manifest));
    await demo.blobs.push(small.target, small.bytes);
    assert.is(foreign.requests.length, put + 3);
  }),
);

test(
  'a Location of another origin is PKG_E_STORAGE_ANSWER, and nothing is sent there',
  withForeign(
    async ({ foreign, demo }) => {
      const other = await startForeignRegistry();
      try {
        for (const location of [`${other.origin}/upload`, `//${other.host}/upload`, 'ftp://x/y']) {
          foreign.hook(({ method }, response) =>
            method === 'POST' ? send(response, 202, { location }) : false,
          );
          await rejectsWith('PKG_E_STORAGE_ANSWER', demo.blobs.push(small.target, small.bytes));
          await rejectsWith('PKG_E_STORAGE_ANSWER', demo.blobs.stage(piecesOf(bytes)));
        }
        assert.is(other.requests.length, 0);
      } finally {
        await other.close();
      }
    },
    { credentials },
  ),
);

test('a Location of another origin that the operator allows gets the upload, without credentials', async () => {
  const other = await startForeignRegistry({ host: '127.0.0.2' });
  other.hook(async ({ method }, response, message) => {
    await bodyOf(message);
    return method === 'PATCH' ? send(response, 202) : send(response, 201);
  });
  try {
    await withForeign(
      async ({ foreign, demo }) => {
        foreign.hook(({ headers }, response) =>
          headers.authorization
            ? send(response, 202, { location: `http://u:p@${other.host}/upload?signature=x` })
            : send(response, 401, { 'www-authenticate': 'Basic realm=x' }),
        );
        await (await demo.blobs.stage(piecesOf(large.bytes))).commit();
        await demo.blobs.push(target, bytes);
        assert.equal(
          other.requests.map(({ method, headers }) => [method, headers.authorization]),
          [
            ['PATCH', undefined],
            ['PUT', undefined],
            ['PUT', undefined],
          ],
        );
        assert.match(other.requests[1]!.target, /\?signature=x&digest=sha256%3A/);
      },
      { credentials, uploadHosts: ['127.0.0.2'] },
    )();
  } finally {
    await other.close();
  }
});

test(
  'no Location at all is PKG_E_STORAGE_ANSWER',
  withForeign(async ({ foreign, demo }) => {
    foreign.hook((_, response) => send(response, 202));
    await rejectsWith('PKG_E_STORAGE_ANSWER', demo.blobs.push(small.target, small.bytes));
  }),
);

test(
  'a registry that stored other bytes is PKG_E_INTEGRITY',
  withForeign(async ({ foreign, demo }) => {
    foreign.hook(async ({ method }, response, message) => {
      if (method !== 'PUT') return false;
      await bodyOf(message);
      return send(response, 201, { 'docker-content-digest': sha256('other') });
    });
    await rejectsWith('PKG_E_INTEGRITY', demo.blobs.push(small.target, small.bytes));
  }),
);

test(
  'an aborted stage ends its PATCH and deletes the session',
  withForeign(async ({ foreign, demo }) => {
    const reason = new Error('enough');
    for (const source of [stallingSource(bytes), stallingSource(randomBlob(8_000_000).bytes)]) {
      const abort = new AbortController();
      foreign.forget();
      const staging = demo.blobs.stage(source.source, { signal: abort.signal });
      source.stalled.then(() => abort.abort(reason));
      await rejectsAs(reason, staging);
      assert.is(foreign.sessions.size, 0);
      assert.is(foreign.requests.at(-1)?.method, 'DELETE');
    }
  }),
);

test(
  'a source that fails ends its PATCH and deletes the session; so does an abort of what was staged',
  withForeign(async ({ foreign, demo }) => {
    const error = new Error('malformed');
    for (const size of [1000, 3_000_000, 8_000_000]) {
      await rejectsAs(error, demo.blobs.stage(failingSource(randomBlob(size).bytes, error)));
      assert.is(foreign.sessions.size, 0);
    }
    const staged = await demo.blobs.stage(piecesOf(bytes));
    assert.is(foreign.sessions.size, 1);
    await staged.abort();
    assert.is(foreign.sessions.size, 0);
  }),
);

test(
  'an aborted push deletes the session',
  withForeign(async ({ foreign, demo }) => {
    const reason = new Error('enough');
    const abort = new AbortController();
    const { source, stalled } = stallingSource(bytes.subarray(0, 200_000));
    const push = demo.blobs.push(target, () => source, { signal: abort.signal });
    stalled.then(() => abort.abort(reason));
    await rejectsAs(reason, push);
    assert.is(foreign.sessions.size, 0);
  }),
);

test(
  'a session whose POST was answered after the abort is deleted before close is done',
  withForeign(async ({ foreign, registry, demo }) => {
    const reason = new Error('enough');
    const abort = new AbortController();
    const begun = Promise.withResolvers<void>();
    foreign.hook(async ({ method }) => {
      if (method === 'POST') {
        abort.abort(reason);
        await begun.promise;
      }
      return false;
    });
    await rejectsAs(reason, demo.blobs.stage(piecesOf(bytes), { signal: abort.signal }));
    begun.resolve();
    await registry.close();
    assert.is(foreign.sessions.size, 0);
    assert.equal(
      foreign.requests.map(({ method }) => method),
      ['POST', 'DELETE'],
    );
  }),
);

test(
  'a registry that takes no byte of an upload ends it within its time',
  withForeign(
    async ({ foreign, registry, demo }) => {
      foreign.hook(({ method }, _, message) => {
        if (method !== 'PATCH' && method !== 'PUT') return false;
        message.pause();
        return true;
      });
      const large = Array.from({ length: 200 }, () => Buffer.alloc(100_000));
      await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', demo.blobs.stage(piecesOf(...large)));
      await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', demo.blobs.push(target, bytes));
      await registry.close();
      assert.is(foreign.sessions.size, 0);
    },
    { limits: { headersTimeoutMs: 100, commitTimeoutMs: 100, triesMax: 2 } },
  ),
);

test(
  'a mount that becomes an upload session is false, and leaves no session',
  withForeign(async ({ foreign, registry, demo }) => {
    foreign.blobs.set(`p/demo ${small.target.digest}`, Buffer.from(small.bytes));
    const other = registry.repository('other').blobs;
    assert.is(await other.mount(small.target.digest, 'demo'), true);
    assert.is(await other.mount(target.digest, 'demo'), false);
    assert.is(foreign.sessions.size, 0);
    assert.is(await demo.blobs.mount(target.digest, 'other'), false);
    assert.match(foreign.requests[0]!.target, /\?mount=sha256%3A\w+&from=p%2Fdemo$/);
  }),
);

test(
  'a mount that GHCR says it did and did not is false',
  withForeign(async ({ foreign, demo }) => {
    foreign.hook(({ method }, response) => method === 'POST' && send(response, 201));
    assert.is(await demo.blobs.mount(small.target.digest, 'other'), false);
  }),
);

test.run();
