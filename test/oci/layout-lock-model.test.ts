// The protocol of `src/oci/layout-lock.ts` as a model, searched in every order in which processes may take their
// steps and die. Each rule left out must be missed, else the model shows nothing.
import * as assert from 'uvu/assert';
import { type Model, search } from '../model/search.ts';
import { suite } from '../support/suite.ts';

type Rules = {
  /** A folder is renamed only where there is none with content. */
  exclusive: boolean;
  /** After the rename, a higher number means that another process was quicker. */
  recheck: boolean;
  /** After the rename, the own socket must still be there. */
  checkSocket: boolean;
  /** An owner that ends leaves its folder. */
  keepHighest: boolean;
};
const allRules = { exclusive: true, recheck: true, checkSocket: true, keepHighest: true };

/** A folder in the lock's folder; `socket` names the process whose socket lies in it. */
type Folder = { name: string; socket: number | undefined };
type Process = {
  at: 'list' | 'dial' | 'rename' | 'recheck' | 'socket' | 'owner' | 'ended';
  /** Where its folder is, as far as it knows. */
  folder: string;
  newest: number;
  /** What it still sweeps: a socket and its folder go one after the other. */
  sweep: string[];
};
type State = { folders: Folder[]; processes: Process[] };

const processesMax = 3;
const statesMax = 1_000_000;

/** The lock under these rules: its states, and that no two processes own it. */
function lockModel(rules: Rules): Model<State> {
  return {
    initial: [initialState()],
    encode: (state) => JSON.stringify(state),
    violation: ({ processes }) =>
      processes.filter(({ at }) => at === 'owner').length > 1 ? 'two own the lock' : undefined,
    next: (state) =>
      state.processes.flatMap(({ at }, id) =>
        [step, end].flatMap((act) => {
          const after = structuredClone(state);
          const label = () => `process ${id} at ${at}: ${act.name}`;
          return act(after, id, rules) ? [{ label, state: after }] : [];
        }),
      ),
  };
}

/** A stale lock, and processes that listen already, in folders without a number. */
function initialState(): State {
  const ids = Array.from({ length: processesMax }, (_, id) => id);
  return {
    folders: [
      { name: '1', socket: -1 },
      ...ids.map((id) => ({ name: `new-${id}`, socket: id as number | undefined })),
    ],
    processes: ids.map((id) => ({ at: 'list', folder: `new-${id}`, newest: 0, sweep: [] })),
  };
}

/** One step of a process; false where it has none. */
function step(state: State, id: number, rules: Rules): boolean {
  const self = state.processes[id] as Process;
  const find = (name: string) => state.folders.find((folder) => folder.name === name);
  const highest = () => Math.max(0, ...state.folders.map(({ name }) => Number(name) || 0));
  switch (self.at) {
    case 'list':
      self.newest = highest();
      self.at = self.newest > 0 ? 'dial' : 'rename';
      return true;
    case 'dial': {
      const owner = state.processes[find(String(self.newest))?.socket ?? -1];
      self.at = owner && owner.at !== 'ended' ? 'ended' : 'rename';
      return true;
    }
    case 'rename':
      return rename();
    case 'recheck':
      self.at = highest() === self.newest + 1 ? afterRecheck() : 'list';
      if (self.at === 'owner') beginSweep();
      return true;
    case 'socket':
      self.at = find(self.folder)?.socket === id ? 'owner' : 'ended';
      if (self.at === 'owner') beginSweep();
      return true;
    case 'owner':
      return sweep();
    case 'ended':
      return false;
  }

  function rename() {
    const mine = find(self.folder);
    if (!mine) {
      self.at = 'ended'; // swept: an owner was there
      return true;
    }
    const name = String(self.newest + 1);
    if (rules.exclusive && find(name)?.socket !== undefined) self.at = 'list';
    else {
      state.folders = state.folders.filter((folder) => folder.name !== name);
      mine.name = name;
      self.folder = name;
      self.at = rules.recheck ? 'recheck' : afterRecheck();
      if (self.at === 'owner') beginSweep();
    }
    return true;
  }

  function afterRecheck() {
    return rules.checkSocket ? 'socket' : 'owner';
  }

  function beginSweep() {
    self.sweep = state.folders
      .map(({ name }) => name)
      .filter((name) => name !== self.folder && !(Number(name) > Number(self.folder)));
  }

  function sweep() {
    const name = self.sweep[0];
    if (name === undefined) return false;
    const folder = find(name);
    if (folder && folder.socket !== undefined) folder.socket = undefined;
    else {
      state.folders = state.folders.filter((other) => other !== folder);
      self.sweep.shift();
    }
    return true;
  }
}

/** A process dies, or an owner closes: the same to the others, as long as its folder stays. */
function end(state: State, id: number, rules: Rules): boolean {
  const self = state.processes[id] as Process;
  if (self.at === 'ended') return false;
  if (self.at === 'owner' && !rules.keepHighest) {
    state.folders = state.folders.filter(({ name }) => name !== self.folder);
  }
  self.at = 'ended';
  return true;
}

const test = suite('OCI layout lock, as a model');

test('no order of steps and deaths gives the lock to two processes', () => {
  const { states, failure } = search(lockModel(allRules), { statesMax });
  assert.is(failure, undefined, failure?.trace.join('\n'));
  assert.ok(states > 10_000, `${states} states`);
});

for (const rule of Object.keys(allRules) as (keyof Rules)[]) {
  test(`without the rule «${rule}» an order is found that does`, () => {
    const { failure } = search(lockModel({ ...allRules, [rule]: false }), { statesMax });
    assert.is(failure?.violation, 'two own the lock');
  });
}

test.run();
