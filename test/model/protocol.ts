// The journal protocol of spec/journal.md as a small state machine: who may do what next, and what follows.
// The steps named here are those of that page.
//
// What the registry may do with a write (a PUT): apply it at once, apply it later, even after the writer gave up
// waiting, or never. So a write that was sent and never applied stays under way for ever, and a writer goes on
// after a write once it is applied and it hears so. What is read is what stands there at that moment.
//
// A writer may rest between any two steps. A crash is a rest that never ends. A writer may give up whatever it
// does at any moment and begin another term: a reply that does not come, a restart and a lost lease look alike.
// The lease (step 2) is not in the model: it says who tries, and nothing may depend on it.
import { chainOf, violationOf } from './properties.ts';
import type { Rules } from './rules.ts';
import type { Model, Step } from './search.ts';
import {
  applied,
  type Bounds,
  batchAt,
  batchIn,
  batchName,
  encode,
  initialStates,
  none,
  read,
  type State,
  standingBatches,
  termName,
  termOf,
  undecided,
  underWay,
  withBatch,
  withTerm,
} from './state.ts';
import { beginTerm, programOf, work } from './writer.ts';

/** The protocol under these rules, within these bounds. */
export function journalModel(bounds: Bounds, rules: Rules): Model<State> {
  const program = programOf(bounds, rules);
  return { initial: initialStates(bounds, program.length), next, encode, violation: violationOf };

  function next(state: State): Step<State>[] {
    const steps: Step<State>[] = [];
    for (const [w, writer] of state.writers.entries()) {
      if (writer.begun < bounds.terms) steps.push(beginTerm(state, w, program));
      if (writer.at < program.length) steps.push(...work(state, w, program, rules));
    }
    for (const t of state.terms.keys()) steps.push(...applyWrites(state, t));
    if (rules.readers === 'none') return steps;
    for (const batch of standingBatches(state)) steps.push(...readBatch(state, batch, rules));
    return steps;
  }
}

/** The registry applies a write of a term that is under way, whatever the writer does by then. */
function applyWrites(state: State, t: number): Step<State>[] {
  const term = state.terms[t]!;
  const steps: Step<State>[] = [];
  if (term.tag === underWay) {
    apply(() => `terms/${termName(state, t)}`, withTerm(state, t, { tag: applied }));
  }
  for (const copy of ['fence', 'fenceAgain'] as const) {
    if (term[copy] !== underWay) continue;
    const written = withTerm(state, t, { [copy]: applied });
    apply(() => `_term = ${termName(state, t)}`, { ...written, fence: t });
  }
  for (const [ordinal, { write, previous }] of term.batches.entries()) {
    if (write !== underWay) continue;
    const batch = batchIn(state, t, ordinal);
    const text = () => `${batchName(state, batch)}, naming ${batchName(state, previous)}`;
    apply(text, withBatch(state, batch, { write: applied }));
  }
  return steps;

  function apply(what: () => string, after: State) {
    steps.push({ label: () => `the registry applies ${what()}`, state: after });
  }
}

/** Step 8: somebody reads a batch and takes it, or the one it names, as counting. */
function readBatch(state: State, batch: number, rules: Rules): Step<State>[] {
  const { previous } = batchAt(state, batch);
  const steps: Step<State>[] = [];
  // A reader may look for the last batch as slowly as it likes, so it may take any batch for the last.
  if (state.fence === termOf(state, batch)) {
    take(batch, () => `_term = ${termName(state, state.fence)}`);
  }
  if (previous !== none && (termOf(state, previous) === termOf(state, batch) || succeeded())) {
    take(previous, () => `its successor ${batchName(state, batch)}`);
  }
  return steps;

  function succeeded() {
    return rules.readers === 'succeeded' && chainOf(state).includes(batch);
  }

  function take(counted: number, because: () => string) {
    if (batchAt(state, counted).standing !== undecided) return;
    steps.push({
      label: () => `a reader reads ${batchName(state, counted)}, then ${because()}: it counts`,
      state: withBatch(state, counted, { standing: read }),
    });
  }
}
