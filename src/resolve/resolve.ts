import { setImmediate as nextTurn } from 'node:timers/promises';
import { rulesOf } from './availability.ts';
import { wordsHeld } from './engine.ts';
import { explain } from './explain.ts';
import { type Facts, limitError, openFacts } from './facts.ts';
import { type ResolveLimits, resolveLimits } from './limits.ts';
import { lockedGraph } from './locked-graph.ts';
import type {
  Explanation,
  LockedGraph,
  PackageProvider,
  ResolveOptions,
  ResolveRequest,
  ResolveResult,
} from './port.ts';
import { openProblem } from './problem.ts';
import { openSearch } from './search.ts';
import { suggestionsFor } from './suggest.ts';

/**
 * The versions that satisfy a request together (spec/resolve.md), as a graph to lock; or why there are none, and what to
 * change. Where several would do, breadth first from the root, in the order of names, each package gets the preferred
 * version of those that leave a solution; so the same request on the same facts gives the same graph.
 *
 * Gives way to other work every few milliseconds. Throws PKG_E_RESOLVE_LIMIT beyond a limit, the signal's reason, and
 * whatever the provider throws.
 */
export async function resolve(
  request: ResolveRequest,
  provider: PackageProvider,
  options: ResolveOptions = {},
): Promise<ResolveResult> {
  const { signal, nowMs = Date.now() } = options;
  const limits = { ...resolveLimits, ...options.limits };
  const facts = openFacts(provider, request, limits, { nowMs, ...(signal ? { signal } : {}) });
  const run = { facts, nowMs, signal, endMs: performance.now() + limits.timeMs };
  try {
    const first = await attempt(request, { ...run, limits });
    if (first.graph) return { status: 'resolved', graph: first.graph, steps: first.steps };
    const explanation = first.explain();
    if (options.suggestions ?? true) {
      const trial = { attempt: attemptChange, nowMs, signal };
      explanation.suggestions = await suggestionsFor(request, explanation, facts, trial);
    }
    return { status: 'unsolvable', explanation, steps: first.steps };
  } finally {
    facts.stop();
  }

  async function attemptChange(changed: ResolveRequest, stepsMax: number) {
    const { graph } = await attempt(changed, { ...run, limits: { ...limits, stepsMax } });
    return { graph };
  }
}

/** What one attempt may use, and what it shares with others. */
type Run = {
  facts: Facts;
  nowMs: number;
  limits: ResolveLimits;
  signal: AbortSignal | undefined;
  /** When all attempts together must be done. */
  endMs: number;
};

type Attempt = { steps: number } & (
  | { graph: LockedGraph }
  | { graph: undefined; explain(): Explanation }
);

/** Steps between two looks at the clock. */
const sliceSteps = 20_000;
/** Longest time that other work of this thread waits. */
const turnMs = 15;

async function attempt(request: ResolveRequest, run: Run): Promise<Attempt> {
  const { facts, limits, signal } = run;
  const problem = openProblem(request, rulesOf(request, run.nowMs), facts);
  const { engine } = problem;
  const search = openSearch(problem);
  let turnEnds = performance.now() + turnMs;
  for (;;) {
    const progress = search.advance(sliceSteps);
    if (progress.status === 'solved') {
      return { graph: lockedGraph(problem, search.queue), steps: engine.steps };
    }
    if (progress.status === 'failed') {
      const { incompatibility } = progress;
      const why = () => explain(problem, incompatibility);
      return { graph: undefined, explain: why, steps: engine.steps };
    }
    if (progress.status === 'waiting') {
      const loading = facts.load(progress.rows);
      if (loading) await inTime(loading, run);
    }
    if (engine.steps > limits.stepsMax) {
      throw limitError('stepsMax', `it took over ${limits.stepsMax} steps`);
    }
    if (wordsHeld(engine) > limits.wordsMax) {
      throw limitError('wordsMax', `it took over ${limits.wordsMax} words of memory`);
    }
    const now = performance.now();
    if (now > run.endMs) throw limitError('timeMs', `it took over ${limits.timeMs} ms`);
    if (now > turnEnds) {
      await nextTurn();
      turnEnds = performance.now() + turnMs;
    }
    signal?.throwIfAborted();
  }
}

/** The provider is told of the signal; one that does not heed it, or never answers, is not waited for. */
async function inTime(loading: Promise<void>, { endMs, limits, signal }: Run): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(limitError('timeMs', `it took over ${limits.timeMs} ms`));
  }, endMs - performance.now());
  const leave = () => late.reject(signal?.reason);
  signal?.addEventListener('abort', leave, { once: true });
  try {
    await Promise.race([loading, late.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', leave);
  }
}
