import * as assert from 'uvu/assert';
import type { Repository } from '../../../src/oci/port.ts';
import { piecesOf, randomBlob, rejectsAs, rejectsWith } from '../../contract/oci-support.ts';
import {
  bodyOf,
  type ForeignRegistry,
  fail,
  type Hook,
  send,
} from '../../support/foreign-registry.ts';
import { suite } from '../../support/suite.ts';
import { withForeign } from './opened.ts';

const test = suite('uploads in chunks');

const { target, bytes } = randomBlob(20_000);
const small = {
  bufferedPushBytesMax: 1000,
  chunkBytes: 6000,
  chunkBytesSafe: 4000,
  chunkBytesMin: 100,
};
const limits = { ...small, triesMax: 3 };

/** Both ways to upload: content of known and of unknown digest. */
const ways: [what: string, upload: (demo: Repository) => Promise<void>][] = [
  ['a push', (demo) => demo.blobs.push(target, () => piecesOf(bytes))],
  [
    'a staged upload',
    async (demo) => {
      await (await demo.blobs.stage(piecesOf(bytes))).commit();
    },
  ],
];

/** A registry that takes bodies of so many bytes at most. */
function bodiesUpTo(bytesMax: number): Hook {
  return async (_, response, message) => {
    const { length } = await bodyOf(message);
    return length > bytesMax && send(response, 413);
  };
}

const ranges = ({ requests }: ForeignRegistry) =>
  requests.flatMap(({ method, headers }) => (method === 'PATCH' ? headers['content-range'] : []));

for (const [what, upload] of ways) {
  test(
    `${what} that is too large for one request goes in chunks that follow on each other, without a unit`,
    withForeign(
      async ({ foreign, demo }) => {
        foreign.hook(bodiesUpTo(4000));
        await upload(demo);
        assert.is(Buffer.compare(foreign.blobs.get(`p/demo ${target.digest}`)!, bytes), 0);
        const taken = ranges(foreign).slice(-5);
        assert.equal(taken, ['0-3999', '4000-7999', '8000-11999', '12000-15999', '16000-19999']);
        assert.is(foreign.sessions.size, 0);
      },
      { limits },
    ),
  );

  test(
    `${what} gets through a proxy that cuts large requests instead of refusing them`,
    withForeign(
      async ({ foreign, demo }) => {
        foreign.hook(async ({ method }, _, message) => {
          if (method !== 'PATCH' && method !== 'PUT') return false;
          const { length } = await bodyOf(message);
          if (length > 1100) message.socket.resetAndDestroy();
          return length > 1100;
        });
        await upload(demo);
        assert.is(Buffer.compare(foreign.blobs.get(`p/demo ${target.digest}`)!, bytes), 0);
      },
      { limits },
    ),
  );

  test(
    `${what} is refused where the smallest chunk is`,
    withForeign(
      async ({ foreign, demo, registry }) => {
        foreign.hook(bodiesUpTo(50));
        await rejectsWith('PKG_E_STORAGE_ANSWER', upload(demo));
        await registry.close();
        assert.is(foreign.sessions.size, 0);
      },
      { limits },
    ),
  );

  test(
    `${what} has no chunk below OCI-Chunk-Min-Length but the last`,
    withForeign(
      async ({ foreign, demo }) => {
        foreign.hook(({ method }, response) => {
          if (method === 'POST') response.setHeader('oci-chunk-min-length', '7000');
          return false;
        });
        foreign.hook(bodiesUpTo(8000));
        await upload(demo);
        assert.equal(ranges(foreign), ['0-6999', '7000-13999', '14000-19999']);
      },
      { limits },
    ),
  );

  test(
    `what ${what} learnt spares the next one a refused request, for an hour`,
    withForeign(
      async ({ foreign, demo, clock }) => {
        foreign.hook(bodiesUpTo(4000));
        await upload(demo);
        const refused = async () => {
          let count = 0;
          foreign.hook((_, response) => {
            response.once('finish', () => {
              if (response.statusCode === 413) count += 1;
            });
            return false;
          });
          await demo.blobs.delete(target.digest);
          await upload(demo);
          return count;
        };
        assert.is(await refused(), 0);
        clock.pass(3_600_000);
        assert.ok((await refused()) > 0);
      },
      { limits },
    ),
  );
}

test(
  'a registry that wants chunks too large to be held gets all in one request, or is refused',
  withForeign(
    async ({ foreign, demo }) => {
      foreign.hook(({ method }, response) => {
        if (method === 'POST') response.setHeader('oci-chunk-min-length', '10001');
        return false;
      });
      await (await demo.blobs.stage(piecesOf(bytes))).commit();
      const [patch, ...others] = foreign.requests.filter(({ method }) => method === 'PATCH');
      assert.is(patch?.headers['transfer-encoding'], 'chunked');
      assert.equal(others, []);
      foreign.hook(({ method }, response) => method === 'PUT' && send(response, 413));
      const other = randomBlob(20_000);
      const error = await rejectsWith(
        'PKG_E_STORAGE_ANSWER',
        demo.blobs.push(other.target, other.bytes),
      );
      assert.match(error.message, '10001');
    },
    { limits: { ...limits, chunkBytesMax: 10_000 } },
  ),
);

/** Lets an upload go in chunks of 4000, and something befall its third one, once. */
function befallThird(foreign: ForeignRegistry, befall: Hook) {
  foreign.hook(bodiesUpTo(4000));
  let befallen = false;
  foreign.hook((request, response, message) => {
    const third = request.method === 'PATCH' && request.headers['content-range'] === '8000-11999';
    if (!third || befallen) return false;
    befallen = true;
    return befall(request, response, message);
  });
}

/** Keeps so many bytes of a chunk and cuts the connection. */
const keeping =
  ({ sessions }: ForeignRegistry, kept: number): Hook =>
  async ({ path }, _, message) => {
    const id = path.slice(path.lastIndexOf('/') + 1);
    const piece = (await bodyOf(message)).subarray(0, kept);
    sessions.set(id, Buffer.concat([sessions.get(id) ?? Buffer.alloc(0), piece]));
    message.socket.resetAndDestroy();
    return true;
  };

for (const [what, kept, next] of [
  ['of which nothing arrived is sent again', 0, '8000-8999'],
  ['of which a part arrived goes on behind it', 1234, '9234-10233'],
  ['that arrived without an answer is not sent again', 4000, '12000-15999'],
] as const) {
  for (const [way, upload] of ways) {
    test(
      `a chunk ${what}: ${way} asks the session how much it has`,
      withForeign(
        async ({ foreign, demo }) => {
          befallThird(foreign, (...all) => keeping(foreign, kept)(...all));
          await upload(demo);
          assert.is(Buffer.compare(foreign.blobs.get(`p/demo ${target.digest}`)!, bytes), 0);
          const after = foreign.requests.slice(
            foreign.requests.findIndex(({ headers }) => headers['content-range'] === '8000-11999') +
              1,
          );
          assert.is(after[0]?.method, 'GET');
          assert.is(after[1]?.headers['content-range'], next);
        },
        { limits },
      ),
    );
  }
}

test(
  'a chunk is sent again as it was where the session tells nothing, or an older state (ECR)',
  withForeign(
    async ({ foreign, demo }) => {
      for (const answer of [
        (response: Parameters<Hook>[1]) => fail(response, 405, 'UNSUPPORTED'),
        (response: Parameters<Hook>[1]) => send(response, 204, { range: '0-3999' }),
        (response: Parameters<Hook>[1]) => send(response, 204),
      ]) {
        foreign.hook(({ method, path }, response) => {
          return method === 'GET' && path.includes('/uploads/') && answer(response);
        });
        befallThird(foreign, (_, response) => fail(response, 503, 'UNAVAILABLE'));
        await demo.blobs.delete(target.digest);
        await demo.blobs.push(target, () => piecesOf(bytes));
        assert.is(Buffer.compare(foreign.blobs.get(`p/demo ${target.digest}`)!, bytes), 0);
      }
    },
    { limits },
  ),
);

test(
  'a first chunk that is refused by 416 is made smaller, though the session tells nothing',
  withForeign(
    async ({ foreign, demo }) => {
      foreign.hook(async ({ method, path }, response, message) => {
        if (method === 'GET' && path.includes('/uploads/')) return fail(response, 404, 'UNKNOWN');
        if (method !== 'PATCH') return false;
        const { length } = await bodyOf(message);
        return length > 4000 && fail(response, 416, 'RANGE_INVALID');
      });
      await (await demo.blobs.stage(piecesOf(bytes.subarray(0, 5000)))).commit();
      assert.equal(ranges(foreign), ['0-4999', '0-3999', '4000-4999']);
    },
    { limits },
  ),
);

for (const [what, befall] of [
  ['404', (_, response) => fail(response, 404, 'BLOB_UPLOAD_UNKNOWN')],
  ['416 at another place', (_, response) => fail(response, 416, 'RANGE_INVALID')],
] as [string, Hook][]) {
  test(
    `an upload that the registry lost (${what}) is begun anew by a push, and is PKG_E_STORAGE_UNAVAILABLE for a stage`,
    withForeign(
      async ({ foreign, demo, registry }) => {
        const lose: Hook = (request, response, message) => {
          foreign.sessions.clear();
          return befall(request, response, message);
        };
        befallThird(foreign, lose);
        await demo.blobs.push(target, () => piecesOf(bytes));
        assert.is(Buffer.compare(foreign.blobs.get(`p/demo ${target.digest}`)!, bytes), 0);
        befallThird(foreign, lose);
        await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', demo.blobs.stage(piecesOf(bytes)));
        await registry.close();
        assert.is(foreign.sessions.size, 0);
      },
      { limits },
    ),
  );
}

test(
  'a registry that loses every upload ends a push',
  withForeign(
    async ({ foreign, demo }) => {
      foreign.hook(bodiesUpTo(4000));
      foreign.hook(({ method }, response) => method === 'PATCH' && fail(response, 404, 'UNKNOWN'));
      await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', demo.blobs.push(target, bytes));
      assert.is(ranges(foreign).length, 3);
    },
    { limits },
  ),
);

for (const [what, upload] of [
  ['push', (demo: Repository, signal: AbortSignal) => demo.blobs.push(target, bytes, { signal })],
  [
    'stage',
    (demo: Repository, signal: AbortSignal) => demo.blobs.stage(piecesOf(bytes), { signal }),
  ],
] as const) {
  test(
    `an aborted ${what} lets its chunk end and deletes the session`,
    withForeign(
      async ({ foreign, demo }) => {
        const reason = new Error('enough');
        const abort = new AbortController();
        let cut: boolean | undefined;
        befallThird(foreign, async (_, __, message) => {
          abort.abort(reason);
          for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
          cut = message.socket.destroyed;
          return false;
        });
        await rejectsAs(reason, upload(demo, abort.signal));
        assert.is(cut, false);
        assert.is(foreign.sessions.size, 0);
        assert.is(foreign.requests.at(-1)?.method, 'DELETE');
        assert.is(ranges(foreign).at(-1), '8000-11999');
      },
      { limits },
    ),
  );
}

test(
  'a staged upload holds one chunk and no more of its source',
  withForeign(
    async ({ foreign, demo }) => {
      let given = 0;
      async function* source() {
        for (let at = 0; at < bytes.length; at += 500) {
          given += 500;
          yield bytes.subarray(at, at + 500);
        }
      }
      const held: number[] = [];
      foreign.hook(bodiesUpTo(4000));
      foreign.hook(({ headers }) => {
        const first = Number(headers['content-range']?.split('-')[0] ?? given);
        held.push(given - first);
        return false;
      });
      await demo.blobs.stage(source());
      assert.ok(Math.max(...held) <= 6000 + 500, String(held));
    },
    { limits },
  ),
);

test.run();
