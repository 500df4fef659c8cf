import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { forkOf, sightings } from './properties.ts';
import { journalModel } from './protocol.ts';
import { type OpeningStep, protocolRules, type Rules } from './rules.ts';
import { describeFailure, type Found, search } from './search.ts';
import type { Bounds, State } from './state.ts';

const test = suite('model: journal protocol');

/** Two writers, each trying to open two terms of two batches. */
const bounds: Bounds = { writers: 2, terms: 2, batches: 2 };
/** Enough for what is wrong with an opening to show, and quickly. */
const smallBounds: Bounds = { writers: 2, terms: 1, batches: 1 };
const statesMax = 2_000_000;

let whole: Found<State>;
test.before(() => {
  whole = search(journalModel(bounds, protocolRules), { statesMax, sightings });
});

test('no state of the protocol has a lost answer, a fork or a batch that counted and became void', () => {
  assert.is(whole.failure, undefined, describeFailure(whole));
});

test('the search is as large as spec/journal.md says', () => {
  assert.is(whole.states, 605_354);
  assert.is(whole.steps, 1_522_608);
  assert.is(whole.depth, 53);
});

for (const name of Object.keys(sightings)) {
  test(`the search meets this: ${name}`, () => assert.ok(whole.sighted.has(name)));
}

test('three writers of one term each lose nothing either', () => {
  const found = search(journalModel({ writers: 3, terms: 1, batches: 2 }, protocolRules), {
    statesMax,
  });
  assert.is(found.failure, undefined, describeFailure(found));
});

test('without the fence an answer is lost', () => {
  const found = broken({ batch: ['write'] });
  assertLostAnswer(found);
  assert.not.match(describeFailure(found), /reads _term/);
});

test('without the fence two answered batches name one predecessor', () => {
  const model = journalModel(smallBounds, { ...protocolRules, batch: ['write'] });
  const found = search({ ...model, violation: forkOf }, { statesMax });
  assert.match(describeFailure(found), /^fork: _j-1-a1-0 and _j-\d-b1-0 both name nothing/);
});

test('with the fence before the batch an answer is lost', () => {
  assertLostAnswer(broken({ batch: ['fence', 'write'] }));
});

test('without the list of terms an answer is lost', () => {
  const found = broken({ opening: ['tag', 'term', 'head'] });
  assertLostAnswer(found);
  assert.not.match(describeFailure(found), /lists the terms/);
});

test('with a list that lets a term of the same number pass an answer is lost', () => {
  assertLostAnswer(broken({ rivals: 'higher' }));
});

test('with a second PUT of _term after silence an answer is lost', () => {
  assertLostAnswer(broken({ repeatTermWrite: true }, smallBounds));
});

test('in 22 of the 24 orders of an opening an answer is lost; the head may come before the list', () => {
  const safe = orders(protocolRules.opening).filter((opening) => {
    const found = broken({ opening }, smallBounds);
    if (found.failure) assertLostAnswer(found);
    return !found.failure;
  });
  assert.equal(safe, [
    ['tag', 'term', 'list', 'head'],
    ['tag', 'term', 'head', 'list'],
  ]);
  const headFirst = { opening: safe[1]! };
  assert.is(broken(headFirst, { writers: 2, terms: 2, batches: 1 }).failure, undefined);
});

test('a reader that counts what a failed fence was followed by counts what becomes void', () => {
  assertVoidAfterCounting(broken({ passFailedFence: true, readers: 'fenced' }));
});

test('a reader that counts every batch with a successor counts what becomes void', () => {
  assertVoidAfterCounting(broken({ readers: 'succeeded' }));
});

test.run();

/** The search with some rules broken. Nobody reads unless told, so that the failure found first is a writer's. */
function broken(rules: Partial<Rules>, within = bounds): Found<State> {
  const model = journalModel(within, { ...protocolRules, readers: 'none', ...rules });
  return search(model, { statesMax });
}

/** A writer answered a batch, and the chain that every later opening builds on leaves it out. */
function assertLostAnswer(found: Found<State>) {
  const form = /^lost answer: (_j-\S+) is not in the chain _j-/;
  assert.match(describeFailure(found), form);
  const lost = form.exec(describeFailure(found))![1]!;
  const trace = found.failure!.trace;
  assert.ok(trace.some((label) => label.endsWith(`and answers ${lost}`)));
}

function assertVoidAfterCounting(found: Found<State>) {
  assert.match(describeFailure(found), /^void after it counted: _j-\S+ is not in the chain _j-/);
}

function orders(steps: readonly OpeningStep[]): OpeningStep[][] {
  if (steps.length === 0) return [[]];
  return steps.flatMap((first) =>
    orders(steps.filter((step) => step !== first)).map((rest) => [first, ...rest]),
  );
}
