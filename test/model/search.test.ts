import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { describeFailure, type Model, search } from './search.ts';

const test = suite('model: search');

/** Two jugs, of 3 and of 5 litres: fill, empty, pour over. */
const jugs: Model<[number, number]> = {
  initial: [[0, 0]],
  next: ([small, large]) => {
    const toLarge = Math.min(small, 5 - large);
    const toSmall = Math.min(large, 3 - small);
    return [
      { label: () => 'fill 3', state: [3, large] },
      { label: () => 'fill 5', state: [small, 5] },
      { label: () => 'empty 3', state: [0, large] },
      { label: () => 'empty 5', state: [small, 0] },
      { label: () => '3 to 5', state: [small - toLarge, large + toLarge] },
      { label: () => '5 to 3', state: [small + toSmall, large - toSmall] },
    ];
  },
  encode: (state) => state.join(),
  violation: () => undefined,
};

test('every state that can be reached is visited once', () => {
  const found = search(jugs, { statesMax: 100 });
  assert.is(found.failure, undefined);
  assert.is(found.states, 16);
  assert.is(found.steps, 96);
  assert.is(describeFailure(found), 'nothing wrong in 16 states');
});

test('a failure comes with a shortest way to it', () => {
  const violation = ([, large]: [number, number]) => (large === 4 ? 'four litres' : undefined);
  const found = search({ ...jugs, violation }, { statesMax: 100 });
  assert.is(
    describeFailure(found),
    [
      'four litres',
      '   1. fill 5',
      '   2. 5 to 3',
      '   3. empty 3',
      '   4. 5 to 3',
      '   5. fill 5',
      '   6. 5 to 3',
    ].join('\n'),
  );
  assert.equal(found.failure?.state, [3, 4]);
});

test('an initial state that is wrong is found, with nothing on the way', () => {
  const found = search({ ...jugs, violation: () => 'wrong' }, { statesMax: 100 });
  assert.equal(found.failure, { violation: 'wrong', trace: [], state: [0, 0] });
});

test('situations are told apart by the step into them', () => {
  const found = search(jugs, {
    statesMax: 100,
    sightings: {
      'poured to the brim': (before, after) => before[1] < 5 && after[1] === 5 && after[0] > 0,
      overflow: (_, after) => after[1] > 5,
    },
  });
  assert.equal([...found.sighted], ['poured to the brim']);
});

test('a search that passes its bound fails instead of proving nothing', () => {
  assert.throws(() => search(jugs, { statesMax: 15 }), /more than 15 states/);
  assert.is(search(jugs, { statesMax: 16 }).states, 16);
});

test.run();
