// Exhaustive breadth-first search over the states of a small model. Nothing here knows of any protocol.

/** A model: where it begins, what may happen next, and what must never be. */
export type Model<State> = {
  initial: readonly State[];
  /** Everything that may happen in a state. A pure function. */
  next: (state: State) => readonly Step<State>[];
  /** A canonical text: equal for two states exactly when what may happen from them is the same. */
  encode: (state: State) => string;
  /** What is wrong with a state, or undefined. */
  violation: (state: State) => string | undefined;
};

export type Step<State> = { label: () => string; state: State };

/** Situations to look out for. Each is asked about every step, the repeated ones too, until it was met once. */
export type Sightings<State> = Record<string, (before: State, after: State) => boolean>;

export type Found<State> = {
  /** Different states reached. */
  states: number;
  /** Steps taken between them. */
  steps: number;
  /** Length of the longest of the shortest ways to a state. */
  depth: number;
  /** Names of the situations that were met. */
  sighted: Set<string>;
  /** The first state that must not be, with a shortest way to it; undefined when every state was looked at. */
  failure: { violation: string; trace: string[]; state: State } | undefined;
};

/**
 * Visits every state that can be reached, nearest first, and stops at the first that must not be. Throws when
 * there are more than `statesMax`: a search cut short proves nothing.
 */
export function search<State>(
  model: Model<State>,
  options: { statesMax: number; sightings?: Sightings<State> },
): Found<State> {
  const seen = new Map<string, number>();
  const parents: number[] = [];
  const open = new Map(Object.entries(options.sightings ?? {}));
  const found: Found<State> = {
    states: 0,
    steps: 0,
    depth: -1,
    sighted: new Set(),
    failure: undefined,
  };
  let layer: { state: State; index: number }[] = [];
  for (const state of model.initial) visit(state, -1, layer);
  while (layer.length > 0 && !found.failure) {
    found.depth += 1;
    const following: typeof layer = [];
    for (const { state, index } of layer) {
      for (const step of model.next(state)) {
        found.steps += 1;
        for (const [name, test] of open) {
          if (!test(state, step.state)) continue;
          found.sighted.add(name);
          open.delete(name);
        }
        visit(step.state, index, following);
        if (found.failure) return found;
      }
    }
    layer = following;
  }
  return found;

  function visit(state: State, parent: number, queue: typeof layer) {
    const key = model.encode(state);
    if (seen.has(key)) return;
    const index = parents.length;
    if (index >= options.statesMax) throw new Error(`more than ${options.statesMax} states`);
    seen.set(key, index);
    parents.push(parent);
    found.states += 1;
    queue.push({ state, index });
    const violation = model.violation(state);
    if (violation) found.failure = { violation, trace: traceTo(index), state };
  }

  /** The labels on the way to a state, found by walking again: the search itself keeps only parents. */
  function traceTo(index: number): string[] {
    const way: number[] = [];
    for (let at = index; at >= 0; at = parents[at] ?? -1) way.unshift(at);
    let state = model.initial.find((each) => seen.get(model.encode(each)) === way[0]);
    const labels: string[] = [];
    for (const wanted of way.slice(1)) {
      const step =
        state && model.next(state).find((each) => seen.get(model.encode(each.state)) === wanted);
      if (!step) throw new Error('the model gave other steps the second time: next() is not pure');
      labels.push(step.label());
      state = step.state;
    }
    return labels;
  }
}

/** What a search found wrong and how it came about, a line a step; or that it found nothing wrong. */
export function describeFailure(found: Pick<Found<unknown>, 'failure' | 'states'>): string {
  if (!found.failure) return `nothing wrong in ${found.states} states`;
  const lines = found.failure.trace.map(
    (label, index) => `${String(index + 1).padStart(4)}. ${label}`,
  );
  return [found.failure.violation, ...lines].join('\n');
}
