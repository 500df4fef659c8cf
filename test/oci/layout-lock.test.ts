import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { VitteError } from '../../src/core/errors.ts';
import { openOciLayoutStore } from '../../src/oci/layout.ts';
import { lockFolder, requestOverLock } from '../../src/oci/layout-lock.ts';
import { rejectsWith } from '../contract/oci-support.ts';
import { suite } from '../support/suite.ts';
import { inFolder } from './layout-folder.ts';
import { startWorker } from './start-worker.ts';

const test = suite('OCI layout lock');

test(
  'a second opener is PKG_E_STORE_LOCKED with a help line, until the first closes',
  inFolder(async (folder) => {
    const first = await openOciLayoutStore(folder);
    const error = await rejectsWith('PKG_E_STORE_LOCKED', openOciLayoutStore(folder));
    assert.ok(error.help);
    assert.match(error.message, folder);
    await first.close();
    await (await openOciLayoutStore(folder)).close();
  }),
);

test(
  'the folder is locked by whatever path it is opened',
  inFolder(async (folder) => {
    const [real, link] = [join(folder, 'real'), join(folder, 'link')];
    await mkdir(real);
    await symlink(real, link);
    const first = await openOciLayoutStore(link);
    await rejectsWith('PKG_E_STORE_LOCKED', openOciLayoutStore(real));
    await rejectsWith('PKG_E_STORE_LOCKED', requestOverLock(link, {}));
    await first.close();
  }),
);

test(
  'a folder whose path is too long for a socket is locked all the same',
  inFolder(async (folder) => {
    const long = join(folder, 'x'.repeat(200), 'y'.repeat(200));
    await mkdir(long, { recursive: true });
    const lock = await lockFolder(long);
    await rejectsWith('PKG_E_STORE_LOCKED', lockFolder(long));
    lock.onRequest = async ({ n }) => ({ n: Number(n) + 1 });
    assert.equal(await requestOverLock(long, { n: 1 }), { n: 2 });
    await lock.release();
    assert.is(await requestOverLock(long, { n: 1 }), undefined);
    await (await lockFolder(long)).release();
  }),
);

test(
  'a lock whose owner was killed is taken over, and leaves nothing behind',
  inFolder(async (folder) => {
    const worker = startWorker();
    try {
      assert.equal(await worker.ask({ do: 'open', folder, attempts: 1 }), ['open']);
      await rejectsWith('PKG_E_STORE_LOCKED', lockFolder(folder));
    } finally {
      await worker.kill();
    }
    // And a process that was killed while it tried.
    await mkdir(join(folder, '.lock', 'new-00000000'));
    await writeFile(join(folder, '.lock', 'new-00000000', 's'), '');
    const lock = await lockFolder(folder);
    assert.equal(await readdir(join(folder, '.lock')), ['2']);
    await lock.release();
  }),
);

test(
  'of many processes that take over a stale lock at once exactly one gets it',
  inFolder(async (folder) => {
    const workers = [startWorker(), startWorker(), startWorker()];
    try {
      for (let round = 0; round < 20; round += 1) {
        const outcomes = await Promise.all(
          workers.map((worker) => worker.ask({ do: 'open', folder, attempts: 3 })),
        );
        const all = outcomes.flat();
        assert.is(all.filter((outcome) => outcome === 'open').length, 1, `round ${round}: ${all}`);
        assert.is(all.filter((outcome) => outcome === 'PKG_E_STORE_LOCKED').length, 8);
        const winner = outcomes.findIndex((outcome) => outcome.includes('open'));
        // Closing leaves a socket that refuses, just as death does; death is tried now and then.
        if (round % 7 === 6) {
          await workers[winner]!.kill();
          workers[winner] = startWorker();
        } else await workers[winner]!.ask({ do: 'close' });
      }
    } finally {
      await Promise.all(workers.map((worker) => worker.kill()));
    }
  }),
);

test(
  'requests are answered by the owner of the lock, errors with code and help',
  inFolder(async (folder) => {
    assert.is(await requestOverLock(folder, {}), undefined);
    const lock = await lockFolder(folder);
    await rejectsWith('PKG_E_STORE_LOCKED', requestOverLock(folder, {}));
    lock.onRequest = async ({ name }) => ({ hello: name ?? null, long: 'x'.repeat(50_000) });
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, name) => requestOverLock(folder, { name })),
    );
    assert.equal(
      answers.map((answer) => answer?.hello),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
    lock.onRequest = async () => {
      throw new VitteError('PKG_E_FORBIDDEN', 'not you', { help: 'ask nicely' });
    };
    const refused = await rejectsWith('PKG_E_FORBIDDEN', requestOverLock(folder, {}));
    assert.is(refused.message, 'not you');
    assert.is(refused.help, 'ask nicely');
    lock.onRequest = async () => {
      throw new TypeError('a secret detail');
    };
    const failed = await rejectsWith('PKG_E_INTERNAL', requestOverLock(folder, {}));
    assert.not.match(failed.message, 'secret');
    await lock.release();
    assert.is(await requestOverLock(folder, {}), undefined);
  }),
);

test(
  'a request or an answer over 64 KiB is refused, and so is what is no JSON object',
  inFolder(async (folder) => {
    const lock = await lockFolder(folder);
    let asked = 0;
    lock.onRequest = async () => {
      asked += 1;
      return { long: 'x'.repeat(70_000) };
    };
    const long = { long: 'x'.repeat(70_000) };
    await rejectsWith('PKG_E_BODY_SIZE', requestOverLock(folder, long));
    assert.is(asked, 0);
    await rejectsWith('PKG_E_BODY_SIZE', requestOverLock(folder, {}));
    assert.is(asked, 1);
    for (const line of ['hello\n', '[1]\n', '{"a":1', `{"a":"${'x'.repeat(70_000)}"}\n`]) {
      assert.is(await say(folder, line), '');
    }
    assert.is(asked, 1);
    await lock.release();
  }),
);

/** What the lock's owner answers to raw bytes before it closes the connection. */
function say(folder: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(join(folder, '.lock', '1', 's'));
    socket.on('data', (piece) => {
      answer += piece;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
    socket.end(text);
  });
}

test.run();
