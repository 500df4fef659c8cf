import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ErrorCode, VitteError } from '../core/errors.ts';
import { rulesOf } from './availability.ts';
import { wordsHeld } from './engine.ts';
import { explain } from './explain.ts';
import { type Facts, limitError, openFacts } from './facts.ts';
import { type ResolveLimits, resolveLimits, suggestionsTimeMs } from './limits.ts';
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
 * Gives way to other work every few milliseconds. Throws PKG_E_RESOLVE_LIMIT beyond a limit, the code of `slowProvider`,
 * the signal's reason, and whatever the provider throws.
 */
export async function resolve(
  request: ResolveRequest,
  provider: PackageProvider,
  options: ResolveOptions = {},
): Promise<ResolveResult> {
  const { signal, slowProvider, nowMs = Date.now() } = options;
  const limits = { ...resolveLimits, ...options.limits };
  const facts = openFacts(provider, request, limits, { nowMs, ...(signal ? { signal } : {}) });
  const run: Run = {
    ...{ facts, nowMs, signal, limits, slowProvider },
    endMs: performance.now() + limits.timeMs,
    waited: { ms: 0 },
  };
  try {
    const first = await attempt(request, run);
    if (first.graph) return { status: 'resolved', graph: first.graph, steps: first.steps };
    const explanation = first.explain();
    if (options.suggestions ?? true) {
      run.endMs = Math.min(run.endMs, performance.now() + suggestionsTimeMs);
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
  slowProvider: ErrorCode | undefined;
  /** When all attempts together must be done. */
  endMs: number;
  /** How long the provider was waited for. */
  waited: { ms: number };
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
      if (loading && !(await inTime(loading, run))) throw tooLate(run);
    }
    if (engine.steps > limits.stepsMax) {
      throw limitError('stepsMax', `it took over ${limits.stepsMax} steps`);
    }
    if (wordsHeld(engine) > limits.wordsMax) {
      throw limitError('wordsMax', `it took over ${limits.wordsMax} words of memory`);
    }
    const now = performance.now();
    if (now > run.endMs) throw tooLate(run);
    if (now > turnEnds) {
      await nextTurn();
      turnEnds = performance.now() + turnMs;
    }
    signal?.throwIfAborted();
  }
}

/** The provider is told of the signal; one that does not heed it, or never answers, is not waited for. */
async function inTime(loading: Promise<void>, { endMs, signal, waited }: Run): Promise<boolean> {
  const from = performance.now();
  const over = Promise.withResolvers<false>();
  const timer = setTimeout(over.resolve, endMs - from, false);
  const leave = () => over.reject(signal?.reason);
  signal?.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([loading.then(() => true), over.promise]);
  } finally {
    waited.ms += performance.now() - from;
    clearTimeout(timer);
    signal?.removeEventListener('abort', leave);
  }
}

/** Where most of the time went on waiting, the same request may do later: that is no limit of ours. */
function tooLate({ limits: { timeMs }, waited, slowProvider }: Run): VitteError {
  if (slowProvider === undefined || waited.ms < timeMs / 2) {
    return limitError('timeMs', `it took over ${timeMs} ms`);
  }
  const why = `resolving was stopped: what is known of packages did not come within ${timeMs} ms`;
  return new VitteError(slowProvider, why, { help: 'try again' });
}
