// The writer of the model: its program, and what it may do at each place of it.
import type { BatchStep, OpeningStep, Rules } from './rules.ts';
import type { Step } from './search.ts';
import {
  answered,
  applied,
  type Bounds,
  batchAt,
  batchIn,
  batchName,
  currentTerm,
  highestTerm,
  lastBatch,
  listedTerms,
  none,
  type State,
  termName,
  underWay,
  unsent,
  withBatch,
  withTerm,
  withWriter,
  writerName,
} from './state.ts';

/** What a writer does in a term, in order. `answers`: what is in the batch is answered after this step. */
export type Program = readonly {
  step: OpeningStep | BatchStep;
  ordinal: number;
  answers: boolean;
}[];

/** Opens the term (step 7), then writes and fences one batch after the other (steps 3 and 4). */
export function programOf(bounds: Bounds, rules: Rules): Program {
  const opening = rules.opening.map((step) => ({ step, ordinal: 0, answers: false }));
  const batches = Array.from({ length: bounds.batches }, (_, ordinal) =>
    rules.batch.map((step, place) => ({
      step,
      ordinal,
      answers: place === rules.batch.length - 1,
    })),
  );
  return [...opening, ...batches.flat()];
}

/** Step 7: the writer gives up whatever it was doing and begins a term: a new nonce, a higher number. */
export function beginTerm(state: State, w: number, program: Program): Step<State> {
  const begun = state.writers[w]!.begun + 1;
  const begins = withWriter(state, w, { begun, at: 0, listed: 0, head: none });
  const text = () => `begins term ${termName(begins, currentTerm(begins, w))}`;
  return step(w, text, send(begins, w, program));
}

/** What a writer may do at its place in the program: nothing while what it waits for has not come. */
export function work(state: State, w: number, program: Program, rules: Rules): Step<State>[] {
  const t = currentTerm(state, w);
  const term = state.terms[t]!;
  const instruction = program[state.writers[w]!.at]!;
  const batch = batchIn(state, t, instruction.ordinal);
  switch (instruction.step) {
    case 'tag':
      if (term.tag !== applied) return [];
      return [hears(`terms/${termName(state, t)} stands`, state)];
    case 'term':
      return hearOfTerm();
    case 'list':
      return [listTerms()];
    case 'head':
      return [lookForHead()];
    case 'write':
      if (batchAt(state, batch).write !== applied) return [];
      return [hears(`${batchName(state, batch)} stands${andAnswers()}`, decided())];
    case 'fence':
      return [readFence()];
  }

  function hears(what: string, after: State): Step<State> {
    return step(w, () => `hears that ${what}`, onward(after));
  }

  /** Step 7: `_term` is written once a term. Without a reply the term is given up, unless the rules are broken. */
  function hearOfTerm(): Step<State>[] {
    const steps: Step<State>[] = [];
    if (term.fence === applied || term.fenceAgain === applied) {
      steps.push(hears(`_term = ${termName(state, t)} was written`, state));
    }
    if (rules.repeatTermWrite && term.fenceAgain === unsent) {
      const text = () => `hears nothing and sends _term = ${termName(state, t)} again`;
      steps.push(step(w, text, withTerm(state, t, { fenceAgain: underWay })));
    }
    return steps;
  }

  /** Step 7: where another term has a number as high or higher, this one is given up. */
  function listTerms(): Step<State> {
    const listed = listedTerms(state) | (1 << t);
    const highest = highestTerm(state, listed & ~(1 << t));
    const ahead = highest === none ? -1 : state.terms[highest]!.number - term.number;
    if (ahead > 0 || (ahead === 0 && rules.rivals === 'as high')) {
      return step(w, () => `lists the terms, sees ${termName(state, highest)}, stops`, stop());
    }
    const text = () => 'lists the terms and sees no rival';
    return step(w, text, onward(withWriter(state, w, { listed })));
  }

  /**
   * Step 7: the head is the last batch of the highest term that has one. Terms are looked into one after the
   * other, from the highest down, so anything may happen between two looks.
   */
  function lookForHead(): Step<State> {
    const listed = state.writers[w]!.listed || listedTerms(state) | (1 << t);
    const highest = highestTerm(state, listed & ~(1 << t));
    const head = highest === none ? none : lastBatch(state, highest);
    if (highest !== none && head === none) {
      const text = () => `looks into ${termName(state, highest)} and finds no batch`;
      return step(w, text, withWriter(state, w, { listed: listed & ~(1 << highest) }));
    }
    const text = () => `finds the head: ${batchName(state, head)}`;
    return step(w, text, onward(withWriter(state, w, { listed: 0, head })));
  }

  /** Step 4: what `_term` names once the batch stands decides whether it is answered. */
  function readFence(): Step<State> {
    const named = termName(state, state.fence);
    if (state.fence === t) {
      return step(w, () => `reads _term = ${named}${andAnswers()}`, onward(decided()));
    }
    if (rules.passFailedFence) {
      return step(w, () => `reads _term = ${named} and goes on all the same`, onward(state));
    }
    return step(w, () => `reads _term = ${named} and stops`, stop());
  }

  /** The state in which the batch is answered, if it is after this step. */
  function decided(): State {
    return instruction.answers ? withBatch(state, batch, { standing: answered }) : state;
  }

  function andAnswers(): string {
    return instruction.answers ? ` and answers ${batchName(state, batch)}` : '';
  }

  /** To the next place. What is to be written there is sent at once: the registry may take its time anyway. */
  function onward(after: State): State {
    return send(withWriter(after, w, { at: after.writers[w]!.at + 1 }), w, program);
  }

  /** Nothing more is written in this term. */
  function stop(): State {
    return withWriter(state, w, { at: program.length, listed: 0, head: none });
  }
}

/**
 * Sends the write that the writer's place in the program consists of, if it is one. Step 3: a first batch names
 * the head, every other the one before it. Sent again after silence a batch is the same bytes under the same
 * tag, and a second copy of it changes nothing.
 */
function send(state: State, w: number, program: Program): State {
  const { at, head } = state.writers[w]!;
  const t = currentTerm(state, w);
  const instruction = program[at];
  if (instruction?.step === 'tag') return withTerm(state, t, { tag: underWay });
  if (instruction?.step === 'term') return withTerm(state, t, { fence: underWay });
  if (instruction?.step !== 'write') return state;
  const { ordinal } = instruction;
  const previous = ordinal === 0 ? head : batchIn(state, t, ordinal - 1);
  const sent = withBatch(state, batchIn(state, t, ordinal), { write: underWay, previous });
  return withWriter(sent, w, { head: none });
}

function step(w: number, text: () => string, state: State): Step<State> {
  return { label: () => `${writerName(w)} ${text()}`, state };
}
