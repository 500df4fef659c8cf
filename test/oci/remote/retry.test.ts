import * as assert from 'uvu/assert';
import { type ErrorCode, isVitteError } from '../../../src/core/errors.ts';
import type { Repository } from '../../../src/oci/port.ts';
import {
  failingSource,
  packed,
  piecesOf,
  randomBlob,
  rejectsAs,
  rejectsWith,
} from '../../contract/oci-support.ts';
import { type ForeignRegistry, fail, type Hook, send } from '../../support/foreign-registry.ts';
import { suite } from '../../support/suite.ts';
import { withForeign } from './opened.ts';

const test = suite('requests that are tried again');

const { target, bytes } = randomBlob(3_000_000);
const { digest } = target;

/** Befalls the first requests of this method. */
function first(foreign: ForeignRegistry, times: number, method: string, befall: Hook) {
  let left = times;
  foreign.hook((request, response, message) => {
    if (request.method !== method || left === 0) return false;
    left -= 1;
    return befall(request, response, message);
  });
}

const reset: Hook = (_, __, message) => {
  message.socket.resetAndDestroy();
  return true;
};
const hangUp: Hook = (_, __, message) => {
  message.socket.end();
  return true;
};
const answerWith =
  (status: number): Hook =>
  (_, response, message) => {
    message.resume();
    return fail(response, status, 'UNAVAILABLE');
  };

for (const status of [408, 429, 500, 502, 503, 504]) {
  test(
    `${status} is tried five times, 250 ms apart and then doubled`,
    withForeign(async ({ foreign, demo, clock }) => {
      first(foreign, 4, 'HEAD', answerWith(status));
      assert.is(await demo.blobs.stat(digest), undefined);
      assert.is(foreign.requests.length, 5);
      assert.equal(clock.waits, [250, 500, 1000, 2000]);
      first(foreign, 5, 'HEAD', answerWith(status));
      const error = await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', demo.blobs.stat(digest));
      assert.match(error.message, String(status));
      assert.is(foreign.requests.length, 10);
    }),
  );
}

for (const [what, befall] of [
  ['reset', reset],
  ['ended', hangUp],
] as const) {
  test(
    `a connection that is ${what} before an answer is tried again`,
    withForeign(async ({ foreign, demo }) => {
      first(foreign, 4, 'GET', befall);
      assert.is(await demo.manifests.fetch('0.1.0'), undefined);
      first(foreign, 5, 'GET', befall);
      await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', demo.manifests.fetch('0.1.0'));
      assert.is(foreign.requests.length, 10);
    }),
  );
}

for (const [status, code] of [
  [400, 'PKG_E_STORAGE_ANSWER'],
  [403, 'PKG_E_FORBIDDEN'],
  [409, 'PKG_E_STORAGE_ANSWER'],
  [418, 'PKG_E_STORAGE_ANSWER'],
] as [number, ErrorCode][]) {
  test(
    `${status} is ${code}, and is not tried again`,
    withForeign(async ({ foreign, demo }) => {
      first(foreign, 9, 'GET', answerWith(status));
      await rejectsWith(code, demo.blobs.fetch(digest));
      assert.is(foreign.requests.length, 1);
    }),
  );
}

test(
  'waits differ by a tenth',
  withForeign(async ({ foreign, demo, clock }) => {
    for (const [random, wait] of [
      [0, 225],
      [1, 275],
    ] as const) {
      clock.random = () => random;
      clock.waits.length = 0;
      first(foreign, 1, 'HEAD', answerWith(503));
      await demo.blobs.stat(digest);
      assert.equal(clock.waits.map(Math.round), [wait]);
    }
  }),
);

test(
  'Retry-After is honoured, in seconds and as a date',
  withForeign(async ({ foreign, demo, clock }) => {
    let field = '7';
    const befall: Hook = (_, response) => send(response, 503, { 'retry-after': field });
    first(foreign, 1, 'HEAD', befall);
    await demo.blobs.stat(digest);
    field = new Date(clock.timeOfDay() + 9000).toUTCString();
    first(foreign, 1, 'HEAD', befall);
    await demo.blobs.stat(digest);
    assert.equal(clock.waits, [7000, 9000]);
  }),
);

test(
  'a Retry-After beyond patience ends the tries at once: a quota may never clear (zot)',
  withForeign(async ({ foreign, demo, clock }) => {
    first(foreign, 9, 'HEAD', (_, response) => send(response, 429, { 'retry-after': '86400' }));
    await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', demo.blobs.stat(digest));
    assert.is(foreign.requests.length, 1);
    assert.equal(clock.waits, []);
  }),
);

test(
  'no further try begins after thirty seconds',
  withForeign(async ({ foreign, demo, clock }) => {
    first(foreign, 9, 'HEAD', (_, response) => {
      clock.pass(14_000);
      return send(response, 503);
    });
    await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', demo.blobs.stat(digest));
    assert.is(foreign.requests.length, 3);
  }),
);

test(
  'an abort ends the waiting for the next try with its reason',
  withForeign(async ({ foreign, demo, clock }) => {
    const reason = new Error('enough');
    const abort = new AbortController();
    first(foreign, 9, 'HEAD', answerWith(503));
    const { wait } = clock;
    clock.wait = (ms, signal) => {
      abort.abort(reason);
      return wait(ms, signal);
    };
    await rejectsAs(reason, demo.blobs.stat(digest, { signal: abort.signal }));
    assert.is(foreign.requests.length, 1);
  }),
);

/** Pushes of the same blob: what can be sent again is rewound, with a session of its own each time. */
const pushes: [what: string, push: (demo: Repository) => Promise<void>][] = [
  ['a buffer', (demo) => demo.blobs.push(target, bytes)],
  ['a factory', (demo) => demo.blobs.push(target, () => piecesOf(...halves))],
];
const halves = [bytes.subarray(0, 1_500_000), bytes.subarray(1_500_000)];

for (const [what, push] of pushes) {
  for (const [fault, befall] of [
    ['reset midway', reset],
    ['answered 503', answerWith(503)],
  ] as const) {
    test(
      `a push of ${what} that is ${fault} is rewound and stored whole`,
      withForeign(async ({ foreign, registry, demo }) => {
        first(foreign, 2, 'PUT', befall);
        await push(demo);
        assert.is(Buffer.compare(foreign.blobs.get(`p/demo ${digest}`)!, bytes), 0);
        const posts = foreign.targets().filter((one) => one.startsWith('POST'));
        assert.is(posts.length, fault === 'reset midway' ? 2 : 3);
        await registry.close();
        assert.is(foreign.sessions.size, 0);
      }),
    );
  }
}

test(
  'an error of the source is passed on and not tried again, even one that looks like the network’s',
  withForeign(async ({ foreign, demo }) => {
    const error = Object.assign(new Error('mine'), { code: 'ECONNRESET' });
    let opened = 0;
    const open = () => {
      opened += 1;
      return failingSource(bytes.subarray(0, 2_000_000), error);
    };
    await rejectsAs(error, demo.blobs.push(target, open));
    await rejectsAs(error, demo.blobs.stage(open()));
    assert.is(opened, 2);
    assert.is(foreign.targets().filter((one) => one.startsWith('POST')).length, 2);
  }),
);

for (const [what, befall] of [
  ['503', answerWith(503)],
  ['a reset', reset],
  ['a closed connection', hangUp],
] as const) {
  test(
    `a push that may be sent once is sent once: ${what}`,
    withForeign(async ({ foreign, demo }) => {
      const manifest = await packed(demo, { mark: 'a' });
      foreign.forget();
      first(foreign, 9, 'PUT', befall);
      const push = demo.manifests.push(manifest, { tag: '_term', once: true });
      await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', push);
      assert.equal(foreign.targets(), ['PUT /v2/p/demo/manifests/_term']);
    }),
  );

  test(
    `a push that may be repeated is: ${what}`,
    withForeign(async ({ foreign, demo }) => {
      const manifest = await packed(demo, { mark: 'a' });
      foreign.forget();
      first(foreign, 4, 'PUT', befall);
      await demo.manifests.push(manifest, { tag: '0.1.0' });
      assert.is(foreign.requests.length, 5);
    }),
  );

  test(
    `a stream that can’t be rewound is sent once, and the next one goes in chunks: ${what}`,
    withForeign(
      async ({ foreign, demo }) => {
        await demo.blobs.stage(piecesOf(...halves));
        foreign.sessions.clear();
        foreign.forget();
        first(foreign, 1, 'PATCH', befall);
        await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', demo.blobs.stage(piecesOf(...halves)));
        assert.is(foreign.targets().filter((one) => one.startsWith('PATCH')).length, 1);
        assert.is(foreign.sessions.size, 0);
        first(foreign, 1, 'PATCH', befall);
        await (await demo.blobs.stage(piecesOf(...halves))).commit();
        assert.is(Buffer.compare(foreign.blobs.get(`p/demo ${digest}`)!, bytes), 0);
      },
      { limits: { bufferedPushBytesMax: 1000, chunkBytes: 1_000_000 } },
    ),
  );
}

test(
  'a commit whose answer got lost is found to be done',
  withForeign(async ({ foreign, demo }) => {
    const staged = await demo.blobs.stage(piecesOf(...halves));
    let lost = false;
    foreign.hook((request, response) => {
      if (request.method !== 'PUT' || lost) return false;
      lost = true;
      response.end = () => response.destroy();
      return false;
    });
    await staged.commit();
    assert.equal(await demo.blobs.stat(digest), { size: bytes.length });
  }),
);

test(
  'a commit of a session that is gone is PKG_E_STORAGE_ANSWER',
  withForeign(async ({ foreign, demo }) => {
    const staged = await demo.blobs.stage(piecesOf(...halves));
    foreign.sessions.clear();
    await rejectsWith('PKG_E_STORAGE_ANSWER', staged.commit());
  }),
);

test(
  'docker-registry’s DIGEST_INVALID for a link that is being rewritten is tried again',
  withForeign(async ({ foreign, demo }) => {
    const manifest = await packed(demo, { mark: 'a' });
    first(foreign, 1, 'PUT', (_, response, message) => {
      message.resume();
      return fail(response, 400, 'DIGEST_INVALID');
    });
    await demo.manifests.push(manifest);
  }),
);

test('a registry that is not there is PKG_E_STORAGE_UNAVAILABLE, without its address', async () => {
  let url = '';
  await withForeign(async ({ foreign }) => {
    url = foreign.url;
  })();
  await withForeign(
    async ({ registry, clock }) => {
      const gone = registry.repository('demo').blobs.stat(digest);
      const error = await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', gone);
      assert.match(error.message, 'ECONNREFUSED');
      assert.not.match(error.message, '127.0.0.1');
      assert.is(clock.waits.length, 4);
    },
    { url },
  )();
});

test(
  'after close every call is PKG_E_SHUTTING_DOWN, the ones under way too',
  withForeign(async ({ foreign, registry, demo }) => {
    const asked = Promise.withResolvers<void>();
    foreign.hook(() => {
      asked.resolve();
      return true; // and no answer
    });
    const waiting = demo.blobs.stat(digest);
    await asked.promise;
    const [result] = await Promise.allSettled([waiting, registry.close()]);
    assert.ok(result.status === 'rejected' && isVitteError(result.reason, 'PKG_E_SHUTTING_DOWN'));
    await rejectsWith('PKG_E_SHUTTING_DOWN', demo.blobs.stat(digest));
    await rejectsWith('PKG_E_SHUTTING_DOWN', demo.blobs.push(target, bytes));
  }),
);

test.run();
