import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { sha256 } from '../../../src/core/digest.ts';
import { mediaTypes } from '../../../src/core/media-types.ts';
import type { ByteRange, Repository } from '../../../src/oci/port.ts';
import {
  blobOf,
  pushedManifest,
  randomBlob,
  readAll,
  rejectsAs,
  rejectsWith,
} from '../../contract/oci-support.ts';
import { fail, type Hook, send } from '../../support/foreign-registry.ts';
import { suite } from '../../support/suite.ts';
import { withForeign } from './opened.ts';

const test = suite('what a registry gives');

const { target, bytes } = randomBlob(300_000);
const { digest } = target;
const wrong = Buffer.from(bytes);
wrong[200_000]! ^= 1;

async function read(demo: Repository, range?: ByteRange) {
  const found = await demo.blobs.fetch(digest, range ? { range } : {});
  return readAll(found!.body);
}

/** A body of this length whose connection breaks or falls silent after its first bytes. */
function partOf(length: number, sent: Uint8Array, then: 'end' | 'reset' | 'stall'): Hook {
  return (_, response) => {
    response.writeHead(200, { 'content-length': String(length) });
    response.write(sent, () => {
      if (then === 'reset') response.socket?.resetAndDestroy();
      if (then === 'end') response.socket?.end();
    });
    return true;
  };
}

test(
  'a blob without a length is asked for its size',
  withForeign(async ({ foreign, demo }) => {
    foreign.hook(({ method }, response) => {
      if (method === 'HEAD') return send(response, 200, { 'content-length': String(bytes.length) });
      response.writeHead(200, {});
      response.end(bytes);
      return true;
    });
    const found = await demo.blobs.fetch(digest);
    assert.is(found?.size, bytes.length);
    assert.is(Buffer.compare(await readAll(found!.body), bytes), 0);
  }),
);

for (const [what, code, hook] of [
  ['wrong bytes', 'PKG_E_INTEGRITY', (_, response) => send(response, 200, {}, wrong)],
  [
    'other, shorter bytes',
    'PKG_E_INTEGRITY',
    (_, response) => send(response, 200, {}, bytes.subarray(1)),
  ],
  ['no bytes', 'PKG_E_INTEGRITY', (_, response) => send(response, 200)],
  [
    'more bytes than it said in its HEAD',
    'PKG_E_INTEGRITY',
    ({ method }, response) => {
      if (method === 'HEAD') return send(response, 200, { 'content-length': '100' });
      response.writeHead(200, {});
      response.end(bytes);
      return true;
    },
  ],
  [
    'fewer bytes than it said',
    'PKG_E_STORAGE_UNAVAILABLE',
    partOf(300_000, bytes.subarray(0, 1000), 'end'),
  ],
  [
    'bytes until it resets',
    'PKG_E_STORAGE_UNAVAILABLE',
    partOf(300_000, bytes.subarray(0, 1000), 'reset'),
  ],
  [
    'bytes until it stalls',
    'PKG_E_STORAGE_UNAVAILABLE',
    partOf(300_000, bytes.subarray(0, 1000), 'stall'),
  ],
  [
    'a head and nothing more',
    'PKG_E_STORAGE_UNAVAILABLE',
    partOf(300_000, Buffer.alloc(0), 'stall'),
  ],
  [
    'compressed bytes, unasked',
    'PKG_E_INTEGRITY',
    (_, response) => send(response, 200, { 'content-encoding': 'gzip' }, gzipSync(bytes)),
  ],
] as [string, 'PKG_E_INTEGRITY' | 'PKG_E_STORAGE_UNAVAILABLE', Hook][]) {
  test(
    `a blob of ${what} is ${code}, and its reader never has all of it`,
    withForeign(
      async ({ foreign, demo }) => {
        foreign.hook(hook);
        let got = 0;
        const consume = async () => {
          const found = await demo.blobs.fetch(digest);
          for await (const piece of found!.body) got += piece.length;
        };
        await rejectsWith(code, consume());
        assert.ok(got < bytes.length);
      },
      { limits: { bodyIdleTimeoutMs: 100 } },
    ),
  );
}

test(
  'a manifest that drips in for too long is PKG_E_STORAGE_UNAVAILABLE',
  withForeign(async ({ foreign, demo, clock }) => {
    foreign.hook((_, response) => {
      response.writeHead(200, { 'content-type': mediaTypes.ociManifest });
      const drip = new Readable({
        read() {
          clock.pass(20_000);
          setImmediate(() => this.push(' '));
        },
      });
      drip.pipe(response);
      return true;
    });
    await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', demo.manifests.fetch('0.1.0'));
    assert.is(foreign.requests.length, 1);
  }),
);

test(
  'a registry that gives no head in its time is PKG_E_STORAGE_UNAVAILABLE',
  withForeign(
    async ({ foreign, demo }) => {
      foreign.hook(() => true);
      await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', read(demo));
      assert.is(foreign.requests.length, 2);
    },
    { limits: { headersTimeoutMs: 100, triesMax: 2 } },
  ),
);

test(
  'what is no HTTP is PKG_E_STORAGE_ANSWER',
  withForeign(async ({ foreign, demo }) => {
    foreign.hook((_, response) => {
      response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n');
      return true;
    });
    await rejectsWith('PKG_E_STORAGE_ANSWER', read(demo));
  }),
);

test(
  'a broken read goes on where it broke, after Accept-Ranges: bytes',
  withForeign(async ({ foreign, demo }) => {
    foreign.blobs.set(`p/demo ${digest}`, Buffer.from(bytes));
    let breaks = 0;
    foreign.hook(({ headers }, response) => {
      if (breaks === 3) return false;
      breaks += 1;
      const from = Number(/=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
      const left = bytes.length - from;
      const range = { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
      response.writeHead(from > 0 ? 206 : 200, {
        'content-length': String(left),
        'accept-ranges': 'bytes',
        ...(from > 0 ? range : {}),
      });
      response.write(bytes.subarray(from, from + 50_000), () => response.socket?.end());
      return true;
    });
    assert.is(Buffer.compare(await read(demo), bytes), 0);
    const ranges = foreign.requests.map(({ headers }) => headers.range);
    assert.equal(ranges, [
      undefined,
      'bytes=50000-299999',
      'bytes=100000-299999',
      'bytes=150000-299999',
    ]);
  }),
);

test(
  'a broken read is not taken up again where no ranges are offered, nor where the rest is refused',
  withForeign(async ({ foreign, demo }) => {
    let offered = {};
    foreign.hook(({ headers }, response) => {
      if (headers.range) return fail(response, 503, 'UNAVAILABLE');
      response.writeHead(200, { 'content-length': String(bytes.length), ...offered });
      response.write(bytes.subarray(0, 50_000), () => response.socket?.end());
      return true;
    });
    await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', read(demo));
    assert.is(foreign.requests.length, 1);
    offered = { 'accept-ranges': 'none' };
    await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', read(demo));
    assert.is(foreign.requests.length, 2);
    offered = { 'accept-ranges': 'bytes' };
    await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', read(demo));
    assert.is(foreign.requests.length, 2 + 1 + 5);
  }),
);

for (const [what, status, range] of [
  ['all of it', 200, undefined],
  ['another part', 206, 'bytes 0-249999/300000'],
  ['a part of another size', 206, 'bytes 50000-299999/300001'],
  ['a part without Content-Range', 206, undefined],
] as const) {
  test(
    `a broken read that would go on with ${what} is PKG_E_STORAGE_ANSWER`,
    withForeign(async ({ foreign, demo }) => {
      foreign.hook(({ headers }, response) => {
        if (headers.range) {
          const given = range === undefined ? {} : { 'content-range': range };
          return send(response, status, given, bytes.subarray(0, 250_000));
        }
        response.writeHead(200, {
          'content-length': String(bytes.length),
          'accept-ranges': 'bytes',
        });
        response.write(bytes.subarray(0, 50_000), () => response.socket?.end());
        return true;
      });
      await rejectsWith('PKG_E_STORAGE_ANSWER', read(demo));
    }),
  );
}

for (const [what, code, hook] of [
  ['all of it', 'PKG_E_STORAGE_ANSWER', (_, response) => send(response, 200, {}, bytes)],
  [
    'another part',
    'PKG_E_STORAGE_ANSWER',
    (_, response) =>
      send(response, 206, { 'content-range': 'bytes 0-9/300000' }, bytes.subarray(0, 10)),
  ],
  [
    'a part without Content-Range',
    'PKG_E_STORAGE_ANSWER',
    (_, response) => send(response, 206, {}, bytes.subarray(5, 10)),
  ],
  [
    'too little',
    'PKG_E_INTEGRITY',
    (_, response) =>
      send(response, 206, { 'content-range': 'bytes 5-9/300000' }, bytes.subarray(5, 8)),
  ],
  [
    'too much',
    'PKG_E_INTEGRITY',
    (_, response) =>
      send(response, 206, { 'content-range': 'bytes 5-9/300000' }, bytes.subarray(5, 20)),
  ],
] as [string, 'PKG_E_STORAGE_ANSWER' | 'PKG_E_INTEGRITY', Hook][]) {
  test(
    `a range that is answered with ${what} is ${code}`,
    withForeign(async ({ foreign, demo }) => {
      foreign.hook(hook);
      await rejectsWith(code, read(demo, { first: 5, last: 9 }));
    }),
  );
}

test(
  'a range of an empty blob is PKG_E_RANGE, also where all of nothing is answered (Go)',
  withForeign(async ({ foreign, demo }) => {
    foreign.hook((_, response) => send(response, 200));
    const error = await rejectsWith('PKG_E_RANGE', read(demo, { first: 0 }));
    assert.equal(error.data, { size: 0 });
  }),
);

test(
  'a reader that leaves, and an abort, end the exchange',
  withForeign(async ({ foreign, demo }) => {
    const cut: Promise<unknown>[] = [];
    foreign.hook((_, response) => {
      cut.push(new Promise((done) => response.once('close', done)));
      response.writeHead(200, { 'content-length': String(bytes.length) });
      response.write(bytes.subarray(0, 100_000));
      return true;
    });
    for await (const _piece of (await demo.blobs.fetch(digest))!.body) break;
    await cut[0];
    const reason = new Error('enough');
    const abort = new AbortController();
    const found = await demo.blobs.fetch(digest, { signal: abort.signal });
    const consume = async () => {
      for await (const _piece of found!.body) abort.abort(reason);
    };
    await rejectsAs(reason, consume());
    await cut[1];
    const unread = new AbortController();
    await demo.blobs.fetch(digest, { signal: unread.signal });
    unread.abort(reason);
    await cut[2];
  }),
);

const manifest = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest });

for (const [what, code, hook] of [
  [
    'over 4 MiB',
    'PKG_E_STORAGE_ANSWER',
    (_, response) =>
      send(
        response,
        200,
        { 'content-type': mediaTypes.ociManifest },
        Buffer.alloc(4 * 1024 * 1024 + 1, ' '),
      ),
  ],
  [
    'without end',
    'PKG_E_STORAGE_ANSWER',
    (_, response) => {
      response.writeHead(200, { 'content-type': mediaTypes.ociManifest });
      const piece = Buffer.alloc(64 * 1024, ' ');
      const endless = new Readable({
        read() {
          this.push(piece);
        },
      });
      endless.pipe(response);
      return true;
    },
  ],
  [
    'a web page',
    'PKG_E_STORAGE_ANSWER',
    (_, response) => send(response, 200, { 'content-type': 'text/html' }, '<html>'),
  ],
  [
    'a JSON list',
    'PKG_E_STORAGE_ANSWER',
    (_, response) => send(response, 200, { 'content-type': mediaTypes.ociManifest }, '[]'),
  ],
  [
    'of another media type than it says',
    'PKG_E_STORAGE_ANSWER',
    (_, response) => send(response, 200, { 'content-type': mediaTypes.ociIndex }, manifest),
  ],
  ['of no media type', 'PKG_E_STORAGE_ANSWER', (_, response) => send(response, 200, {}, '{}')],
  [
    'not what its digest says',
    'PKG_E_INTEGRITY',
    (_, response) =>
      send(
        response,
        200,
        { 'content-type': mediaTypes.ociManifest, 'docker-content-digest': digest },
        manifest,
      ),
  ],
] as [string, 'PKG_E_STORAGE_ANSWER' | 'PKG_E_INTEGRITY', Hook][]) {
  test(
    `a manifest that is ${what} is ${code}`,
    withForeign(async ({ foreign, demo }) => {
      foreign.hook(hook);
      await rejectsWith(code, demo.manifests.fetch('0.1.0'));
    }),
  );
}

test(
  'a manifest asked for by digest is verified',
  withForeign(async ({ foreign, demo }) => {
    foreign.hook((_, response) =>
      send(response, 200, { 'content-type': mediaTypes.ociManifest }, manifest),
    );
    await rejectsWith('PKG_E_INTEGRITY', demo.manifests.fetch(digest));
    assert.is(
      (await demo.manifests.fetch(sha256(manifest)))?.descriptor.mediaType,
      mediaTypes.ociManifest,
    );
  }),
);

for (const [what, missing] of [
  ['the digest', 'docker-content-digest'],
  ['the length (Harbor)', 'content-length'],
  ['the media type', 'content-type'],
] as const) {
  test(
    `a HEAD without ${what} makes it a GET`,
    withForeign(async ({ foreign, demo, clock }) => {
      const { descriptor } = await pushedManifest(demo, { mark: 'a', tag: '0.1.0' });
      clock.pass(130_000); // what was pushed a moment ago is known
      foreign.hook(({ method }, response) => {
        if (method !== 'HEAD') return false;
        response.writeHead(200, {
          'content-type': missing === 'content-type' ? '' : mediaTypes.ociManifest,
          ...(missing === 'docker-content-digest'
            ? {}
            : { 'docker-content-digest': descriptor.digest }),
          ...(missing === 'content-length' ? {} : { 'content-length': descriptor.size }),
        });
        response.end();
        return true;
      });
      foreign.forget();
      assert.equal(await demo.manifests.resolve('0.1.0'), descriptor);
      const methods = foreign.requests.map(({ method }) => method);
      assert.equal(methods, ['HEAD', 'GET']);
    }),
  );
}

test(
  'a digest of another hash in an answer is passed over',
  withForeign(async ({ foreign, demo }) => {
    const { descriptor } = await pushedManifest(demo, { mark: 'a', tag: '0.1.0' });
    foreign.hook((_, response) => {
      response.setHeader('docker-content-digest', 'sha512:abc');
      response.setHeader = () => response;
      return false;
    });
    assert.is((await demo.manifests.fetch('0.1.0'))?.descriptor.digest, descriptor.digest);
  }),
);

test(
  'the body of an error is cut at 8 KiB, and neither it nor a URL stands in the message',
  withForeign(async ({ foreign, demo }) => {
    const text = `http://internal.example/x?signature=geheim ${'x'.repeat(100_000)}`;
    foreign.hook((_, response) => send(response, 400, {}, text));
    const error = await rejectsWith('PKG_E_STORAGE_ANSWER', demo.manifests.fetch('0.1.0'));
    assert.not.match(error.message, /internal|geheim|127\.0\.0\.1/);
    const { message } = error.cause as Error;
    assert.ok(message.length <= 8 * 1024);
    assert.not.match(message, /geheim/);
  }),
);

test(
  'a registry that can’t delete is PKG_E_STORAGE_ANSWER, and its tags stay',
  withForeign(async ({ foreign, demo }) => {
    const { digest: pushed } = await pushedManifest(demo, { mark: 'a', tag: '0.1.0' });
    foreign.hook(
      ({ method }, response) => method === 'DELETE' && fail(response, 405, 'UNSUPPORTED'),
    );
    await rejectsWith('PKG_E_STORAGE_ANSWER', demo.manifests.delete(pushed));
    await rejectsWith('PKG_E_STORAGE_ANSWER', demo.blobs.delete(digest));
    await rejectsWith('PKG_E_STORAGE_ANSWER', demo.manifests.untag(['0.1.0']));
    assert.is((await demo.manifests.resolve('0.1.0'))?.digest, pushed);
  }),
);

test(
  'a blob’s size is never taken for what is allocated',
  withForeign(async ({ foreign, demo }) => {
    const length = 4 * 1024 ** 4;
    foreign.hook(({ method }, response) => {
      response.writeHead(200, { 'content-length': String(length) });
      if (method === 'HEAD') response.end();
      else response.write('x', () => response.socket?.end());
      return true;
    });
    assert.equal(await demo.blobs.stat(digest), { size: length });
    await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', read(demo));
    const huge = { digest: blobOf(bytes).target.digest, size: length };
    await rejectsWith('PKG_E_INTEGRITY', demo.blobs.push({ ...huge, digest: sha256('x') }, bytes));
  }),
);

test.run();
