// What must hold in every state of the model, and what must have been seen so that this says something.
import type { Sightings } from './search.ts';
import {
  answered,
  applied,
  batchAt,
  batchName,
  currentTerm,
  highestTerm,
  lastBatch,
  none,
  type State,
  standingBatches,
  termOf,
  undecided,
  underWay,
  writerOf,
} from './state.ts';

/** What is wrong with a state: a lost answer, a batch void that a reader counted, a fork. Undefined: nothing. */
export function violationOf(state: State): string | undefined {
  return lossOf(state) ?? forkOf(state);
}

/** A batch that counts and is not in the chain. */
function lossOf(state: State): string | undefined {
  const chain = chainOf(state);
  const beside = countingBatches(state).filter((batch) => !chain.includes(batch));
  const wasAnswered = beside.find((batch) => batchAt(state, batch).standing === answered);
  const lost = wasAnswered ?? beside[0];
  if (lost === undefined) return undefined;
  const what = wasAnswered === undefined ? 'void after it counted' : 'lost answer';
  const names = chain.map((batch) => batchName(state, batch)).join(' → ');
  return `${what}: ${batchName(state, lost)} is not in the chain ${names}`;
}

/** Two batches that count and name one predecessor. */
export function forkOf(state: State): string | undefined {
  const counting = countingBatches(state);
  for (const [place, batch] of counting.entries()) {
    const { previous } = batchAt(state, batch);
    const other = counting.slice(0, place).find((o) => batchAt(state, o).previous === previous);
    if (other === undefined) continue;
    const names = [other, batch].map((each) => batchName(state, each)).join(' and ');
    return `fork: ${names} both name ${batchName(state, previous)}`;
  }
  return undefined;
}

function countingBatches(state: State): number[] {
  return standingBatches(state).filter((batch) => batchAt(state, batch).standing !== undecided);
}

/** The chain as an opening would see it now: from the last batch of the highest term that has one, backwards. */
export function chainOf(state: State): number[] {
  let withBatch = 0;
  for (let term = 0; term < state.terms.length; term++) {
    if (lastBatch(state, term) !== none) withBatch |= 1 << term;
  }
  const chain: number[] = [];
  if (withBatch === 0) return chain;
  let batch = lastBatch(state, highestTerm(state, withBatch));
  for (; batch !== none; batch = batchAt(state, batch).previous) chain.push(batch);
  return chain;
}

/** Situations that a search has to meet: without them it would prove nothing about what they stand for. */
export const sightings: Sightings<State> = {
  'both writers answered in both of their terms': (_, after) => answeredTerms(after).length === 4,
  'every batch of every term was answered, and all are one chain': (_, after) =>
    after.terms.every((term) => term.batches.every((batch) => batch.standing === answered)) &&
    chainOf(after).length === after.terms.length * after.terms[0]!.batches.length,
  'the number of a term is given to two terms that both stand': (_, after) =>
    new Set(after.terms.flatMap((t) => (t.tag === applied ? [t.number] : []))).size <
    after.terms.filter((term) => term.tag === applied).length,
  "a term's tag is applied after its writer gave up": (before, after) =>
    after.terms.some(
      (term, t) => givenUp(before, t) && before.terms[t]!.tag === underWay && term.tag === applied,
    ),
  '_term is overwritten by a term whose writer gave it up': (before, after) =>
    before.fence !== after.fence && givenUp(before, after.fence),
  'a batch is applied after its writer gave up': (before, after) =>
    standingBatches(after).length > standingBatches(before).length &&
    standingBatches(after).some(
      (batch) =>
        batchAt(before, batch).write === underWay && givenUp(before, termOf(before, batch)),
    ),
  'a batch that nobody answered becomes part of the chain for ever': (_, after) =>
    chainOf(after).some(
      (batch, place) =>
        place > 0 &&
        batchAt(after, batch).standing !== answered &&
        batchAt(after, chainOf(after)[place - 1]!).standing === answered,
    ),
  'a batch stands beside the chain': (_, after) =>
    standingBatches(after).some((batch) => !chainOf(after).includes(batch)),
  'a batch with a successor stands beside the chain': (_, after) =>
    standingBatches(after).some((batch) => {
      const { previous } = batchAt(after, batch);
      return previous !== none && !chainOf(after).includes(previous);
    }),
  'a reader counts a batch before its writer does': (before, after) =>
    standingBatches(after).some(
      (batch) =>
        batchAt(after, batch).standing === answered &&
        ![undecided, answered].includes(batchAt(before, batch).standing),
    ),
  'the last batch is answered and _term names another term': (_, after) => {
    const last = chainOf(after)[0];
    return (
      last !== undefined &&
      batchAt(after, last).standing === answered &&
      after.fence !== termOf(after, last)
    );
  },
};

function answeredTerms(state: State): number[] {
  return state.terms.flatMap((term, t) =>
    term.batches.some((batch) => batch.standing === answered) ? [t] : [],
  );
}

/** True once the writer of a term has begun another. */
function givenUp(state: State, term: number): boolean {
  return term !== none && term < currentTerm(state, writerOf(state, term));
}
