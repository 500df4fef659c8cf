import * as assert from 'uvu/assert';
import { openRemoteRegistry } from '../../../src/oci/remote/registry.ts';
import {
  failingSource,
  piecesOf,
  randomBlob,
  rejectsAs,
  rejectsWith,
  stallingSource,
} from '../../contract/oci-support.ts';
import { bodyOf, fail, send } from '../../support/foreign-registry.ts';
import { suite } from '../../support/suite.ts';
import { withForeign } from './opened.ts';

const test = suite('uploads passed on to a remote registry');
const { target, bytes } = randomBlob(20_000);
const credentials = async () => ({ username: 'me', password: 'secret' });
const part = (first: number, end: number) => ({
  source: piecesOf(bytes.subarray(first, end)),
  first,
  size: end - first,
});

test(
  'an upload in three chunks is four requests, of which none asks how far it is',
  withForeign(async ({ foreign, demo }) => {
    const uploads = demo.uploads!;
    const first = await uploads.append(await uploads.begin(), part(0, 8_000));
    const second = await uploads.append(first, part(8_000, 16_000));
    await uploads.finish(second, target.digest, part(16_000, 20_000));
    assert.is(Buffer.compare(foreign.blobs.get(`p/demo ${target.digest}`)!, bytes), 0);
    const methods = foreign.requests.map(({ method }) => method);
    assert.equal(methods, ['POST', 'PATCH', 'PATCH', 'PUT']);
    const ranges = foreign.requests.map(({ headers }) => headers['content-range']);
    assert.equal(ranges, [undefined, '0-7999', '8000-15999', '16000-19999']);
  }),
);

test(
  'any process goes on with it, and gets its token before it sends what it can send but once',
  withForeign(
    async ({ foreign, demo }) => {
      const begun = await demo.uploads!.append(await demo.uploads!.begin(), part(0, 8_000));
      const other = openRemoteRegistry({ url: foreign.url, credentials });
      try {
        const uploads = other.repository('demo').uploads!;
        foreign.forget();
        const second = await uploads.append(begun, part(8_000, 16_000));
        const told = foreign.requests.filter(({ path }) => path !== '/token');
        assert.equal(
          told.map(({ method, headers }) => [method, headers.authorization !== undefined]),
          [
            ['GET', false],
            ['GET', true],
            ['PATCH', true],
          ],
        );
        await demo.uploads!.finish(second, target.digest, part(16_000, 20_000));
      } finally {
        await other.close();
      }
      assert.is(Buffer.compare(foreign.blobs.get(`p/demo ${target.digest}`)!, bytes), 0);
    },
    { foreign: { access: 'bearer' }, credentials },
  ),
);

test(
  'a chunk that does not follow is refused without a request, or by the registry itself',
  withForeign(async ({ foreign, demo }) => {
    const uploads = demo.uploads!;
    const begun = await uploads.begin();
    const first = await uploads.append(begun, part(0, 8_000));
    foreign.forget();
    await rejectsWith('PKG_E_RANGE', uploads.append(first, part(9_000, 10_000)));
    assert.equal(foreign.targets(), []);
    // What is known of it is old: the registry has more by now.
    await rejectsWith('PKG_E_RANGE', uploads.append(begun, part(0, 8_000)));
    assert.is((await uploads.status(begun)).size, 8_000);
  }),
);

test(
  'ECR’s answers to a PATCH are taken, and its Range is not believed',
  withForeign(
    async ({ foreign, demo }) => {
      const uploads = demo.uploads!;
      const first = await uploads.append(await uploads.begin(), part(0, 8_000));
      const second = await uploads.append(first, part(8_000, 16_000));
      assert.is(second.size, 16_000);
      await uploads.finish(second, target.digest, part(16_000, 20_000));
      assert.ok(foreign.blobs.has(`p/demo ${target.digest}`));
    },
    { foreign: { quirks: ['patch-201'] } },
  ),
);

test(
  'the chunk length that the registry asks for is told',
  withForeign(
    async ({ demo }) => {
      const begun = await demo.uploads!.begin();
      assert.is(begun.chunkBytesMin, 5 * 1024 * 1024);
      assert.is((await demo.uploads!.status(begun)).chunkBytesMin, 5 * 1024 * 1024);
    },
    { foreign: { quirks: ['chunk-min-5mib'] } },
  ),
);

test(
  'where a registry takes no body so large, the next try goes in parts',
  withForeign(
    async ({ foreign, demo }) => {
      const uploads = demo.uploads!;
      foreign.hook(async (request, response, message) => {
        if (Number(request.headers['content-length'] ?? 0) <= 4_000) return false;
        await bodyOf(message);
        return send(response, 413);
      });
      for (const send of ['append', 'finish'] as const) {
        const begun = await uploads.begin();
        const whole = () => ({ source: piecesOf(bytes), size: bytes.length });
        if (send === 'append') {
          await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', uploads.append(begun, whole()));
          const sent = await uploads.append(begun, whole());
          assert.is(sent.size, bytes.length);
          await uploads.finish(sent, target.digest, undefined);
        } else await uploads.finish(begun, target.digest, whole());
        assert.is(Buffer.compare(foreign.blobs.get(`p/demo ${target.digest}`)!, bytes), 0);
        foreign.blobs.clear();
      }
    },
    { limits: { chunkBytes: 6_000, chunkBytesSafe: 4_000, chunkBytesMin: 100 } },
  ),
);

test(
  'what the registry says of a client’s mistakes is told as the port has it',
  withForeign(async ({ foreign, demo }) => {
    const uploads = demo.uploads!;
    const begun = await uploads.begin();
    let answer: [number, string] = [0, ''];
    foreign.hook(async ({ method }, response, message) => {
      if (method !== 'PATCH' && method !== 'PUT') return false;
      await bodyOf(message);
      return fail(response, ...answer);
    });
    for (const [status, code, error] of [
      [400, 'DIGEST_INVALID', 'PKG_E_INTEGRITY'],
      [400, 'SIZE_INVALID', 'PKG_E_REQUEST'],
      [400, 'BLOB_UPLOAD_INVALID', 'PKG_E_REQUEST'],
      [404, 'BLOB_UPLOAD_UNKNOWN', 'PKG_E_UPLOAD_UNKNOWN'],
      [403, 'DENIED', 'PKG_E_FORBIDDEN'],
      [503, 'UNKNOWN', 'PKG_E_STORAGE_UNAVAILABLE'],
      [418, 'TEAPOT', 'PKG_E_STORAGE_ANSWER'],
    ] as const) {
      answer = [status, code];
      await rejectsWith(error, uploads.append(begun, part(0, 100)));
      await rejectsWith(error, uploads.finish(begun, target.digest, part(0, 100)));
      await rejectsWith(error, uploads.finish(begun, target.digest, undefined));
    }
  }),
);

test(
  'a commit whose answer was lost is done',
  withForeign(async ({ foreign, demo }) => {
    const uploads = demo.uploads!;
    const whole = await uploads.append(await uploads.begin(), part(0, 20_000));
    let lost = false;
    foreign.hook(async ({ method }, response) => {
      if (method !== 'PUT' || lost) return false;
      lost = true;
      foreign.blobs.set(`p/demo ${target.digest}`, Buffer.from(bytes));
      foreign.sessions.clear();
      response.destroy();
      return true;
    });
    await uploads.finish(whole, target.digest, undefined);
    assert.ok(lost);
  }),
);

test(
  'a source that fails, and an abort while it stalls, end the request',
  withForeign(async ({ demo }) => {
    const uploads = demo.uploads!;
    const error = new Error('the client left');
    const source = failingSource(bytes.subarray(0, 100), error);
    await rejectsAs(error, uploads.append(await uploads.begin(), { source }));
    const abort = new AbortController();
    const stalling = stallingSource(bytes);
    const chunk = { source: stalling.source };
    const appending = uploads.append(await uploads.begin(), chunk, { signal: abort.signal });
    stalling.stalled.then(() => abort.abort(error));
    await rejectsAs(error, appending);
  }),
);

test(
  'a Location at another origin is refused',
  withForeign(async ({ foreign, demo }) => {
    foreign.hook(({ method }, response) => {
      if (method !== 'POST') return false;
      return send(response, 202, { location: 'http://127.0.0.9:1/v2/upload' });
    });
    await rejectsWith('PKG_E_STORAGE_ANSWER', demo.uploads!.begin());
  }),
);

test.run();
