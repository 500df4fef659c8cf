// Large blobs that are passed on: read over connections of their own, into memory that is used again.
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import type { BlobReadOptions, Repository } from '../../../src/oci/port.ts';
import { parseAnswerHead } from '../../../src/oci/remote/answer-head.ts';
import { classifyAddress } from '../../../src/oci/remote/network.ts';
import { randomBlob, rejectsAs, rejectsWith } from '../../contract/oci-support.ts';
import {
  type ForeignRegistry,
  type Hook,
  send,
  startForeignRegistry,
} from '../../support/foreign-registry.ts';
import { suite } from '../../support/suite.ts';
import { withForeign } from './opened.ts';

const test = suite('blobs that are passed on');

const { target, bytes } = randomBlob(3_000_000);
const { digest } = target;
const wrong = Buffer.from(bytes);
wrong[2_000_000]! ^= 1;
const limits = { bodyIdleTimeoutMs: 100 };

type Got = { bytes: Buffer; memories: number };

/** Reads as the port says: a piece is done with when the next one is asked for. */
async function read(demo: Repository, options: BlobReadOptions = {}): Promise<Got> {
  const found = await demo.blobs.fetch(digest, { transient: true, ...options });
  const pieces: Buffer[] = [];
  const memories = new Set<ArrayBufferLike>();
  for await (const piece of found!.body) {
    pieces.push(Buffer.from(piece));
    memories.add(piece.buffer);
    await new Promise((done) => setImmediate(done));
  }
  return { bytes: Buffer.concat(pieces), memories: memories.size };
}

/** Whether the requests so far came over connections of their own. */
function alone({ requests }: ForeignRegistry): boolean[] {
  return requests.map(({ headers }) => headers.connection === 'close');
}

function keep(foreign: ForeignRegistry) {
  foreign.blobs.set(`p/demo ${digest}`, Buffer.from(bytes));
}

test(
  'a blob comes whole, through one buffer and the copy of its end',
  withForeign(async ({ foreign, demo }) => {
    keep(foreign);
    for (let times = 0; times < 3; times += 1) {
      const got = await read(demo);
      assert.ok(got.bytes.equals(bytes));
      assert.is(got.memories, 2);
    }
    assert.equal(alone(foreign), [true, true, true]);
  }),
);

test(
  'many at once do not see each other’s bytes',
  withForeign(async ({ foreign, demo }) => {
    keep(foreign);
    const all = await Promise.all(Array.from({ length: 40 }, () => read(demo)));
    for (const got of all) assert.ok(got.bytes.equals(bytes));
  }),
);

test(
  'so does a part',
  withForeign(async ({ foreign, demo }) => {
    keep(foreign);
    const got = await read(demo, { range: { first: 1_000, last: 2_000_000 } });
    assert.ok(got.bytes.equals(bytes.subarray(1_000, 2_000_001)));
    assert.equal(alone(foreign), [true]);
  }),
);

test(
  'with Basic access the challenge is answered',
  withForeign(
    async ({ foreign, demo }) => {
      keep(foreign);
      assert.ok((await read(demo)).bytes.equals(bytes));
      assert.equal(alone(foreign), [true, true]);
    },
    {
      foreign: { access: 'basic' },
      credentials: async () => ({ username: 'me', password: 'secret' }),
    },
  ),
);

test(
  'a redirect to another origin is followed without our credentials',
  withForeign(
    async ({ foreign, demo }) => {
      const other = await startForeignRegistry({ host: '127.0.0.2' });
      other.hook((_, response) => send(response, 200, {}, bytes));
      foreign.hook(({ headers }, response) => {
        if (headers.authorization === undefined) return false;
        return send(response, 307, { location: `${other.origin}/elsewhere` });
      });
      assert.ok((await read(demo)).bytes.equals(bytes));
      assert.equal(
        other.requests.map(({ headers }) => headers.authorization),
        [undefined],
      );
      await other.close();
    },
    {
      foreign: { access: 'basic' },
      credentials: async () => ({ username: 'me', password: 'secret' }),
    },
  ),
);

test(
  'an address that a registry may not name is not connected to',
  withForeign(async ({ foreign, demo }) => {
    for (const host of ['169.254.169.254', '0.0.0.0']) {
      foreign.hook((_, response) => send(response, 307, { location: `http://${host}:1/` }));
      await rejectsWith('PKG_E_STORAGE_ANSWER', read(demo));
    }
  }),
);

test(
  'nor is a name that stands for such an address',
  withForeign(
    async ({ foreign, demo }) => {
      foreign.hook((_, response) => send(response, 307, { location: 'http://metadata.test:1/' }));
      await rejectsWith('PKG_E_STORAGE_ANSWER', read(demo));
    },
    {
      network: {
        classify: classifyAddress,
        lookup: (_name, options, callback) => {
          const found = { address: '169.254.169.254', family: 4 };
          if (options.all) callback(null, [found]);
          else callback(null, found.address, found.family);
        },
      },
    },
  ),
);

test(
  'where a proxy is to be gone through it is',
  withForeign(
    async ({ foreign, demo }) => {
      keep(foreign);
      await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', read(demo));
      assert.equal(foreign.requests, []);
    },
    { proxies: () => new URL('http://127.0.0.1:1'), limits: { triesMax: 1 } },
  ),
);

test(
  'more than may be open at once go the usual way',
  withForeign(
    async ({ foreign, demo }) => {
      keep(foreign);
      const [one, other] = await Promise.all([read(demo), read(demo)]);
      assert.ok(one.bytes.equals(bytes) && other.bytes.equals(bytes));
      assert.equal(alone(foreign).sort(), [false, true]);
      await read(demo);
      assert.is(alone(foreign).at(-1), true);
    },
    { limits: { connectionsMax: 1 } },
  ),
);

const unusual: [string, Hook][] = [
  [
    'of untold length',
    ({ method }, response) => {
      const length = { 'content-length': String(bytes.length) };
      response.writeHead(200, method === 'HEAD' ? length : {});
      response.end(method === 'HEAD' ? undefined : bytes);
      return true;
    },
  ],
  [
    'behind an interim one',
    (_, response) => {
      response.writeEarlyHints({ link: '</x>; rel=preload' });
      return send(response, 200, {}, bytes);
    },
  ],
  [
    'with a head of many kilobytes',
    (_, response) => send(response, 200, { 'x-large': 'x'.repeat(20_000) }, bytes),
  ],
];
for (const [what, hook] of unusual) {
  test(
    `an answer ${what} is read the usual way`,
    withForeign(async ({ foreign, demo }) => {
      foreign.hook(hook);
      if (what.includes('kilobytes')) await rejectsWith('PKG_E_STORAGE_ANSWER', read(demo));
      else assert.ok((await read(demo)).bytes.equals(bytes));
      assert.equal(alone(foreign).slice(0, 2), [true, false]);
    }),
  );
}

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
  'a missing blob is undefined',
  withForeign(async ({ demo }) => {
    assert.is(await demo.blobs.fetch(digest, { transient: true }), undefined);
  }),
);

test(
  'a head that comes in single bytes is read',
  withForeign(async ({ foreign, demo }) => {
    foreign.hook((_, response) => {
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n\r\n`;
      const drip = async () => {
        response.socket?.setNoDelay(true);
        for (const byte of head) {
          response.socket?.write(byte);
          await new Promise((done) => setImmediate(done));
        }
        response.socket?.write(bytes);
      };
      void drip();
      return true;
    });
    assert.ok((await read(demo)).bytes.equals(bytes));
  }),
);

function partOf(sent: Uint8Array, then: 'end' | 'reset' | 'stall', more = {}): Hook {
  return (_, response) => {
    response.writeHead(200, { 'content-length': String(bytes.length), ...more });
    response.write(sent, () => {
      if (then === 'reset') response.socket?.resetAndDestroy();
      if (then === 'end') response.socket?.end();
    });
    return true;
  };
}

const faults: [string, 'PKG_E_INTEGRITY' | 'PKG_E_STORAGE_UNAVAILABLE', Hook, hashed: boolean][] = [
  ['wrong bytes', 'PKG_E_INTEGRITY', (_, response) => send(response, 200, {}, wrong), false],
  [
    'other, shorter bytes',
    'PKG_E_INTEGRITY',
    (_, response) => send(response, 200, {}, bytes.subarray(1)),
    false,
  ],
  ['no bytes', 'PKG_E_INTEGRITY', (_, response) => send(response, 200), false],
  [
    'compressed bytes, unasked',
    'PKG_E_INTEGRITY',
    (_, response) => send(response, 200, { 'content-encoding': 'gzip' }, gzipSync(bytes)),
    false,
  ],
  ...[true, false].flatMap((hashed) =>
    (['end', 'reset', 'stall'] as const).map(
      (then) =>
        [
          `a part and then ${then}`,
          'PKG_E_STORAGE_UNAVAILABLE',
          partOf(bytes.subarray(0, 1_000_000), then),
          hashed,
        ] as (typeof faults)[number],
    ),
  ),
  ['a head alone', 'PKG_E_STORAGE_UNAVAILABLE', partOf(Buffer.alloc(0), 'stall'), true],
];
for (const [what, code, hook, hashed] of faults) {
  test(
    `a blob of ${what} is ${code}${hashed ? ', also where it was hashed before' : ''}`,
    withForeign(
      async ({ foreign, demo }) => {
        foreign.hook(hook);
        let got = 0;
        const consume = async () => {
          const found = await demo.blobs.fetch(digest, { transient: true, hashed: () => hashed });
          for await (const piece of found!.body) got += piece.length;
        };
        await rejectsWith(code, consume());
        assert.ok(got < bytes.length);
      },
      { limits },
    ),
  );
}

test(
  'what was hashed before is passed on as it is',
  withForeign(async ({ foreign, demo }) => {
    foreign.hook((_, response) => send(response, 200, {}, wrong));
    const asked: unknown[] = [];
    const hashed = (stamp: string | undefined) => {
      asked.push(stamp);
      return true;
    };
    assert.ok((await read(demo, { hashed })).bytes.equals(wrong));
    assert.equal(asked, [undefined]);
  }),
);

test(
  'a broken read goes on where it broke, after Accept-Ranges: bytes',
  withForeign(async ({ foreign, demo }) => {
    keep(foreign);
    let broke = false;
    foreign.hook((request, response, message) => {
      if (broke) return false;
      broke = true;
      const half = bytes.subarray(0, 1_500_000);
      return partOf(half, 'end', { 'accept-ranges': 'bytes' })(request, response, message);
    });
    assert.ok((await read(demo)).bytes.equals(bytes));
    assert.equal(
      foreign.requests.map(({ headers }) => headers.range),
      [undefined, 'bytes=1500000-2999999'],
    );
    assert.equal(alone(foreign), [true, true]);
  }),
);

test(
  'a reader that leaves, and an abort, end the exchange',
  withForeign(async ({ foreign, demo }) => {
    const cut: Promise<unknown>[] = [];
    foreign.hook((request, response, message) => {
      cut.push(new Promise((done) => response.once('close', done)));
      return partOf(bytes.subarray(0, 1_000_000), 'stall')(request, response, message);
    });
    const fetch = (signal?: AbortSignal) =>
      demo.blobs.fetch(digest, { transient: true, ...(signal ? { signal } : {}) });
    for await (const _piece of (await fetch())!.body) break;
    await cut[0];
    const reason = new Error('enough');
    const abort = new AbortController();
    const found = await fetch(abort.signal);
    const consume = async () => {
      for await (const _piece of found!.body) abort.abort(reason);
    };
    await rejectsAs(reason, consume());
    await cut[1];
    const unread = new AbortController();
    await fetch(unread.signal);
    unread.abort(reason);
    await cut[2];
    const early = new AbortController();
    const opening = fetch(early.signal);
    early.abort(reason);
    await rejectsAs(reason, opening);
  }),
);

test(
  'what a reader left behind is not used again while it may be on its way',
  withForeign(async ({ foreign, demo }) => {
    keep(foreign);
    const found = await demo.blobs.fetch(digest, { transient: true });
    let left: Uint8Array = Buffer.alloc(0);
    for await (const piece of found!.body) {
      left = piece;
      break;
    }
    const was = Buffer.from(left);
    for (let times = 0; times < 40; times += 1) await read(demo, { range: { first: 999 } });
    assert.ok(was.equals(left));
  }),
);

test('the head of an answer is read where it is plain', () => {
  const head = 'HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\nX-A:  one \r\nx-a: two';
  assert.equal(parseAnswerHead(head), {
    status: 206,
    headers: { 'content-length': '10', 'x-a': ['one', 'two'] },
    length: 10,
  });
  assert.is(parseAnswerHead('HTTP/1.1 200\r\ncontent-length: 0')?.length, 0);
  for (const not of [
    'HTTP/1.0 200 OK\r\nContent-Length: 1',
    'HTTP/1.1 2000 OK\r\nContent-Length: 1',
    'HTTP/1.1 103 Early Hints\r\nContent-Length: 1',
    'HTTP/1.1 204 No Content\r\nContent-Length: 0',
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 1',
    'HTTP/1.1 200 OK',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1',
    'HTTP/1.1 200 OK\r\nContent-Length: 1, 1',
    'HTTP/1.1 200 OK\r\nContent-Length: -1',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked',
    'HTTP/1.1 200 OK\r\nContent-Length : 1',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n folded',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX: \x00',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX: a\nY: b',
  ]) {
    assert.is(parseAnswerHead(not), undefined, not);
  }
});

test.run();
