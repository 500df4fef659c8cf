// What the model of the journal protocol keeps of the world, and what can be read from it.

/** How much is searched: writers, terms that each of them tries to open, batches in a term. */
export type Bounds = { writers: number; terms: number; batches: number };

export const unsent = 0;
export const underWay = 1;
export const applied = 2;
export type Write = typeof unsent | typeof underWay | typeof applied;

export const undecided = 0;
/** A reader took the batch as counting. */
export const read = 1;
/** Its writer answered what is in it. */
export const answered = 2;
export type Standing = typeof undecided | typeof read | typeof answered;

/** No term, no batch, nothing before the first batch. */
export const none = -1;

/** The tag `_j-TERM-N`. `previous` is the batch it names, fixed when it is sent: one content for ever. */
export type Batch = { write: Write; previous: number; standing: Standing };

/** One attempt to open a term, a term of its own by its nonce: its writes of `terms/R-NONCE` and of `_term`. */
export type Term = {
  number: number;
  tag: Write;
  fence: Write;
  /** A second copy of the write of `_term`. Only a broken protocol sends one. */
  fenceAgain: Write;
  batches: readonly Batch[];
};

export type Writer = {
  /** Terms begun so far; the last is the one it works in. */
  begun: number;
  /** Where it stands in its program; at the end when the term is over for it. */
  at: number;
  /** The terms that its list showed and that it has not looked into yet, as bits, and its own. 0: no list. */
  listed: number;
  /** The last batch it found, on which it will write its first one. */
  head: number;
};

/**
 * Terms are counted writer by writer (those of writer W are W × terms … ), batches term by term. `fence` is
 * the term that the tag `_term` names.
 */
export type State = { fence: number; terms: readonly Term[]; writers: readonly Writer[] };

/**
 * Nothing is written yet. What number a writer will give to which attempt depends on what it last saw, which may
 * be old; so there is one initial state for each order that the numbers of all attempts may stand in, equal
 * ones included, a writer's own always rising. Writers are alike: who is who is not told apart.
 */
export function initialStates(bounds: Bounds, over: number): State[] {
  const batch: Batch = { write: unsent, previous: none, standing: undecided };
  const writer: Writer = { begun: 0, at: over, listed: 0, head: none };
  return numberings(bounds).map((numbers) => ({
    fence: none,
    terms: numbers.map((number) => ({
      number,
      tag: unsent,
      fence: unsent,
      fenceAgain: unsent,
      batches: Array.from({ length: bounds.batches }, () => batch),
    })),
    writers: Array.from({ length: bounds.writers }, () => writer),
  }));
}

function numberings(bounds: Bounds): number[][] {
  const count = bounds.writers * bounds.terms;
  let all: number[][] = [[]];
  for (let slot = 0; slot < count; slot++) {
    const first = slot % bounds.terms === 0;
    all = all.flatMap((numbers) =>
      Array.from({ length: count }, (_, index) => index + 1)
        .filter((number) => first || number > numbers.at(-1)!)
        .map((number) => [...numbers, number]),
    );
  }
  const byWriter = (numbers: number[]) =>
    Array.from({ length: bounds.writers }, (_, w) =>
      numbers.slice(w * bounds.terms, (w + 1) * bounds.terms).join(),
    );
  return all.filter((numbers) => {
    const gapless = new Set(numbers).size === Math.max(...numbers);
    const names = byWriter(numbers);
    return gapless && names.every((name, w) => w === 0 || names[w - 1]! <= name);
  });
}

/** Equal for equal states alone; every character stays below 256, which keeps the keys of a search small. */
export function encode(state: State): string {
  const codes = [state.fence + 1];
  for (const term of state.terms) {
    codes.push(term.number, term.tag + 3 * term.fence + 9 * term.fenceAgain);
    for (const batch of term.batches) {
      codes.push(batch.previous + 1, batch.write + 3 * batch.standing);
    }
  }
  for (const writer of state.writers) {
    codes.push(writer.begun, writer.at, writer.listed, writer.head + 1);
  }
  return String.fromCharCode(...codes);
}

export function withTerm(state: State, term: number, changed: Partial<Term>): State {
  const terms = state.terms.with(term, { ...state.terms[term]!, ...changed });
  return { ...state, terms };
}

export function withWriter(state: State, writer: number, changed: Partial<Writer>): State {
  const writers = state.writers.with(writer, { ...state.writers[writer]!, ...changed });
  return { ...state, writers };
}

export function withBatch(state: State, batch: number, changed: Partial<Batch>): State {
  const { batches } = state.terms[termOf(state, batch)]!;
  const ordinal = batch % batches.length;
  const changedBatches = batches.with(ordinal, { ...batches[ordinal]!, ...changed });
  return withTerm(state, termOf(state, batch), { batches: changedBatches });
}

/** The term that a writer works in: the last it began. */
export function currentTerm(state: State, writer: number): number {
  const termsEach = state.terms.length / state.writers.length;
  return writer * termsEach + state.writers[writer]!.begun - 1;
}

export function writerOf(state: State, term: number): number {
  return Math.floor((term * state.writers.length) / state.terms.length);
}

export function batchIn(state: State, term: number, ordinal: number): number {
  return term * state.terms[term]!.batches.length + ordinal;
}

export function termOf(state: State, batch: number): number {
  return Math.floor(batch / state.terms[0]!.batches.length);
}

export function batchAt(state: State, batch: number): Batch {
  const { batches } = state.terms[termOf(state, batch)]!;
  return batches[batch % batches.length]!;
}

/** The batches that stand in the registry. */
export function standingBatches(state: State): number[] {
  return state.terms.flatMap((term, t) =>
    term.batches.flatMap((batch, n) => (batch.write === applied ? [batchIn(state, t, n)] : [])),
  );
}

/** The last batch of a term that stands in the registry, or none. */
export function lastBatch(state: State, term: number): number {
  const ordinal = state.terms[term]!.batches.findLastIndex((batch) => batch.write === applied);
  return ordinal < 0 ? none : batchIn(state, term, ordinal);
}

/** The highest of these terms (as bits), by number and then by nonce; none where there is none. */
export function highestTerm(state: State, terms: number): number {
  let highest = none;
  for (let term = 0; term < state.terms.length; term++) {
    if ((terms & (1 << term)) === 0) continue;
    if (highest === none || state.terms[term]!.number >= state.terms[highest]!.number)
      highest = term;
  }
  return highest;
}

/** The terms whose own tag stands in the registry, as bits. */
export function listedTerms(state: State): number {
  let terms = 0;
  for (let term = 0; term < state.terms.length; term++) {
    if (state.terms[term]!.tag === applied) terms |= 1 << term;
  }
  return terms;
}

/** A writer as a letter. */
export function writerName(writer: number): string {
  return String.fromCharCode(65 + writer);
}

/** `R-NONCE`; the nonce is the writer and the number of its attempt. */
export function termName(state: State, term: number): string {
  if (term === none) return 'nothing';
  const writer = writerOf(state, term);
  const attempt = term - (writer * state.terms.length) / state.writers.length + 1;
  return `${state.terms[term]!.number}-${writerName(writer).toLowerCase()}${attempt}`;
}

/** `_j-TERM-N` */
export function batchName(state: State, batch: number): string {
  if (batch === none) return 'nothing';
  const ordinal = batch % state.terms[0]!.batches.length;
  return `_j-${termName(state, termOf(state, batch))}-${ordinal}`;
}
