import * as assert from 'uvu/assert';
import type { Encoding } from '../../src/api/content-encoding.ts';
import type { Entry } from '../../src/core/journal-entry.ts';
import type { PackageName } from '../../src/core/name.ts';
import { createHotAnswers, type HotAnswer, type HotAnswers } from '../../src/server/hot-answers.ts';
import { suite } from '../support/suite.ts';

type Rig = { hot: HotAnswers; tail: FakeTail };
const test = suite<Rig>('kept answers');
const limits = { urlsMax: 3, bytesMax: 8_000, answerBytesMax: 4_000 };

test.before.each((rig) => {
  rig.tail = fakeTail();
  rig.hot = createHotAnswers(rig.tail, limits);
});
test.after.each(({ hot }) => hot.close());

test('what was kept is given with the number that it holds at', ({ hot }) => {
  keep(hot, 'demo', 5);
  assert.is(given(hot, 'demo'), 'demo at 5, known at 5');
  assert.is(given(hot, 'other'), undefined);
});

test('an entry about a package ends its answers; the others hold at the new number', (rig) => {
  const { hot, tail } = rig;
  keep(hot, 'demo', 5);
  keep(hot, 'other', 5);
  tail.entry('demo');
  assert.is(given(hot, 'other'), 'other at 5, known at 6');
  assert.is(given(hot, 'demo'), undefined);
});

test('after a number was answered nothing older is given', ({ hot, tail }) => {
  keep(hot, 'demo', 5);
  keep(hot, 'other', 5);
  hot.saw(6);
  assert.is(given(hot, 'demo'), undefined);
  tail.entry('demo');
  assert.is(given(hot, 'other'), 'other at 5, known at 6');
});

test('an answer that was read after a change outlives the news of it', ({ hot, tail }) => {
  keep(hot, 'demo', 6);
  assert.is(given(hot, 'demo'), undefined, 'not before the feed is known up to there');
  tail.entry('demo');
  assert.is(given(hot, 'demo'), 'demo at 6, known at 6');
  tail.entry('demo');
  assert.is(given(hot, 'demo'), undefined);
});

test('an answer that was read before what is known is not kept', ({ hot, tail }) => {
  tail.entry('demo');
  keep(hot, 'demo', 5);
  assert.is(hot.has('/demo'), false);
});

test('nothing is given or kept while the end of the feed is not known', ({ hot, tail }) => {
  keep(hot, 'demo', 5);
  tail.fresh = false;
  assert.is(given(hot, 'demo'), undefined);
  keep(hot, 'other', 5);
  tail.fresh = true;
  assert.is(given(hot, 'demo'), 'demo at 5, known at 5');
  assert.is(given(hot, 'other'), undefined);
});

test('an entry that may be about any package ends all; a token changes nothing', ({
  hot,
  tail,
}) => {
  keep(hot, 'demo', 5);
  tail.entry(undefined, 'token made');
  assert.is(given(hot, 'demo'), 'demo at 5, known at 6');
  tail.entry(undefined, 'unknown');
  assert.is(hot.has('/demo'), false);
});

test('an encoding has its own answer, and all end together', ({ hot, tail }) => {
  for (const encoding of ['gzip', 'zstd'] as const) keep(hot, 'demo', 5, { encoding });
  assert.is(given(hot, 'demo', 'gzip'), 'demo at 5, known at 5');
  assert.is(hot.find('/demo', 'gzip')?.answer.encoding, 'gzip');
  assert.is(hot.find('/demo', 'zstd')?.answer.encoding, 'zstd');
  assert.is(given(hot, 'demo', 'identity'), undefined);
  tail.entry('demo');
  assert.is(hot.has('/demo'), false);
  keep(hot, 'demo', 6);
  for (const encoding of ['gzip', 'identity'] as const) {
    assert.is(given(hot, 'demo', encoding), 'demo at 6, known at 6');
  }
});

test('what is too large is not kept, and the oldest goes where there is no room', ({ hot }) => {
  keep(hot, 'huge', 5, { bytes: 4_000 });
  assert.is(hot.has('/huge'), false);
  for (const name of ['a', 'b', 'c']) keep(hot, name, 5);
  given(hot, 'a');
  keep(hot, 'd', 5);
  assert.equal(kept(hot), ['a', 'c', 'd'], 'the oldest that nobody asked for');
  keep(hot, 'e', 5, { bytes: 2_900 });
  keep(hot, 'f', 5, { bytes: 2_900 });
  assert.equal(kept(hot), ['e', 'f'], 'also by their bytes');
});

test.run();

type FakeTail = Parameters<typeof createHotAnswers>[0] & {
  fresh: boolean;
  entry(name: string | undefined, event?: string): void;
};

/** The end of a feed that stands at 5. */
function fakeTail(): FakeTail {
  let sequence = 5;
  const listeners = new Set<(entries: readonly Entry[]) => void>();
  return {
    fresh: true,
    freshSequence() {
      return this.fresh ? sequence : undefined;
    },
    onEntries(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    entry(name, event = 'published') {
      const entry = { n: sequence + 1, event, ...(name === undefined ? {} : { package: name }) };
      for (const listener of listeners) listener([entry as Entry]);
      sequence += 1;
    },
  };
}

type Sample = { encoding?: Encoding; bytes?: number };

function keep(
  hot: HotAnswers,
  name: string,
  sequence: number,
  { encoding, bytes = 10 }: Sample = {},
) {
  const answer: HotAnswer = {
    package: name as PackageName,
    sequence,
    encoding,
    store: 'store',
    etag: '"1"',
    fields: [],
    body: 'x'.repeat(bytes),
  };
  hot.keep(`/${name}`, answer);
}

function given(hot: HotAnswers, name: string, encoding: Encoding = 'identity'): string | undefined {
  const found = hot.find(`/${name}`, encoding);
  return found && `${name} at ${found.answer.sequence}, known at ${found.sequence}`;
}

function kept(hot: HotAnswers): string[] {
  return ['a', 'b', 'c', 'd', 'e', 'f'].filter((name) => hot.has(`/${name}`));
}
