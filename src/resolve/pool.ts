// Resolutions in worker threads, so that a hostile graph takes nobody else's time: whatever a worker does, it is
// stopped at its limits, when the caller goes away, or by force.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { isVitteError, VitteError } from '../core/errors.ts';
import { type KeptFacts, openKeptFacts } from './kept-facts.ts';
import { type ResolveLimits, resolveLimits } from './limits.ts';
import type {
  PackageProvider,
  ResolveOptions,
  ResolveRequest,
  ResolveResult,
  Resolver,
  UnreadRequest,
} from './port.ts';
import type { FromWorker, SpokenError, ToWorker } from './worker-messages.ts';

export type PoolOptions = {
  /** Threads; they are started when first needed. */
  workersMax?: number;
  /** Resolutions that wait for a thread, and how long each does. */
  queueMax?: number;
  queueWaitMs?: number;
  /** Memory of one thread, in MiB, without the words of `limits.wordsMax`. */
  memoryMib?: number;
  /** Of every resolution that states no others. */
  limits?: Partial<ResolveLimits>;
};

const poolDefaults = {
  workersMax: 1,
  queueMax: 64,
  queueWaitMs: 10_000,
  memoryMib: 1024,
  limits: {},
};
/** Beyond its time, and after it was told to stop, a worker has so long before it is ended. */
const graceMs = 2_000;
/** Half of a thread's memory is for what it keeps of what it was told. */
const keptBytesPerMib = 512 * 1024;
/** Packages that are copied to a thread at once; between so many, others have their turn of this one. */
const factsAtOnce = 32;

const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js',
  import.meta.url,
);

type Job = {
  request: ResolveRequest | UnreadRequest;
  provider: PackageProvider;
  options: ResolveOptions;
  done: PromiseWithResolvers<ResolveResult>;
  /** True once it has ended a thread by the memory that it took: next it gets one that keeps nothing yet. */
  retried: boolean;
};

type Thread = {
  worker: Worker;
  kept: KeptFacts;
  job: Job | undefined;
  /** True once it has had a job: it may keep something. */
  used: boolean;
};

/**
 * A pool of threads. Its `resolve` does what that of `resolve.ts` does; beside those errors: PKG_E_RATE_LIMIT where too
 * many wait, or no thread was free in time; PKG_E_SHUTTING_DOWN after close. The threads do not keep the process running.
 */
export function openResolvePool(options: PoolOptions = {}): Resolver {
  const bounds = { ...poolDefaults, ...options };
  const { workersMax, queueMax, queueWaitMs, memoryMib } = bounds;
  const threads = new Set<Thread>();
  const queue: Job[] = [];
  let closed = false;
  return { resolve, close };

  async function resolve(
    request: ResolveRequest | UnreadRequest,
    provider: PackageProvider,
    options: ResolveOptions = {},
  ): Promise<ResolveResult> {
    options.signal?.throwIfAborted();
    if (closed) throw shuttingDown();
    if (queue.length >= queueMax) {
      throw new VitteError('PKG_E_RATE_LIMIT', `${queueMax} resolutions are waiting already`);
    }
    const job: Job = { request, provider, options, done: Promise.withResolvers(), retried: false };
    const leave = () => leaveQueue(job, () => options.signal?.reason);
    const late = setTimeout(() => leaveQueue(job, noThread), queueWaitMs);
    options.signal?.addEventListener('abort', leave, { once: true });
    queue.push(job);
    startNext();
    try {
      return await job.done.promise;
    } finally {
      clearTimeout(late);
      options.signal?.removeEventListener('abort', leave);
    }
  }

  /** Ends a resolution that waits still; one that has a thread is not touched. */
  function leaveQueue(job: Job, reason: () => unknown) {
    const place = queue.indexOf(job);
    if (place < 0) return;
    queue.splice(place, 1);
    job.done.reject(reason());
  }

  function noThread(): VitteError {
    const why = `other resolutions took up every thread for ${queueWaitMs} ms`;
    return new VitteError('PKG_E_RATE_LIMIT', why, { help: 'try again' });
  }

  function startNext() {
    const [job] = queue;
    if (!job || closed) return;
    let thread = [...threads].find((one) => one.job === undefined);
    if (thread?.used && job.retried) {
      drop(thread);
      thread = undefined;
    }
    if (!thread && threads.size >= workersMax) return;
    queue.shift();
    try {
      void work(thread ?? startThread(), job);
    } catch (cause) {
      job.done.reject(new VitteError('PKG_E_INTERNAL', 'no thread can be started', { cause }));
    }
  }

  function startThread(): Thread {
    const resourceLimits = { maxOldGenerationSizeMb: memoryMib };
    const worker = new Worker(workerFile, { resourceLimits });
    worker.unref();
    const kept = openKeptFacts(keptBytesPerMib * memoryMib);
    const thread: Thread = { worker, kept, job: undefined, used: false };
    threads.add(thread);
    // Also while it has nothing to do: an error that nobody listens to would end the process.
    worker.on('error', () => drop(thread));
    worker.on('exit', () => drop(thread));
    return thread;
  }

  async function work(thread: Thread, job: Job) {
    const { used } = thread;
    Object.assign(thread, { job, used: true });
    try {
      job.done.resolve(await runJob(thread, job));
    } catch (error) {
      // What others asked for before may have taken the memory.
      const again = used && !job.retried && !closed && isOutOfMemory(error);
      job.retried = true;
      if (again) queue.unshift(job);
      else job.done.reject(error);
    } finally {
      thread.job = undefined;
      startNext();
    }
  }

  function runJob(thread: Thread, { request, provider, options }: Job): Promise<ResolveResult> {
    const { worker } = thread;
    const { signal, ...rest } = options;
    const limits: Partial<ResolveLimits> = { ...bounds.limits, ...options.limits };
    const { timeMs = resolveLimits.timeMs } = limits;
    const reading = new AbortController();
    return new Promise((done, fail) => {
      let failure: unknown;
      let settled = false;
      let patience = setTimeout(giveUp, timeMs + graceMs);
      worker.on('message', hear);
      worker.on('error', ended);
      worker.on('exit', ended);
      signal?.addEventListener('abort', cancel, { once: true });
      worker.ref();
      tell({ say: 'resolve', request, options: { ...rest, limits } });

      function hear(message: FromWorker) {
        if (message.say === 'ask') void answer(message.names);
        else if (message.say === 'done') finish(() => done(message.result));
        else finish(() => fail(failure ?? heard(message.error)));
      }

      async function answer(names: Parameters<PackageProvider['packages']>[0]) {
        try {
          const found = await provider.packages(names, { signal: reading.signal });
          for (let from = 0; !settled; from += factsAtOnce) {
            const packages = found.slice(from, from + factsAtOnce).map(thread.kept.sent);
            const more = from + factsAtOnce < found.length;
            tell({ say: 'facts', packages, more });
            if (!more) return;
            await nextTurn();
          }
        } catch (error) {
          // A thread that has been given up, or works for another by now, is not to hear of it.
          if (settled) return;
          failure ??= error;
          tell({ say: 'no-facts' });
        }
      }

      function cancel() {
        failure ??= signal?.reason;
        reading.abort(signal?.reason);
        tell({ say: 'cancel' });
        clearTimeout(patience);
        patience = setTimeout(giveUp, graceMs);
      }

      function giveUp() {
        drop(thread);
        const why = `resolving was stopped: it took over ${timeMs} ms`;
        const late = new VitteError('PKG_E_RESOLVE_LIMIT', why, { data: { limit: 'timeMs' } });
        finish(() => fail(failure ?? late));
      }

      function ended(cause: unknown) {
        drop(thread);
        finish(() => fail(failure ?? crashed(cause)));
      }

      function finish(settle: () => void) {
        settled = true;
        reading.abort(new VitteError('PKG_E_CANCELLED', 'the resolution has ended'));
        clearTimeout(patience);
        worker.unref();
        worker.off('message', hear);
        worker.off('error', ended);
        worker.off('exit', ended);
        signal?.removeEventListener('abort', cancel);
        settle();
      }

      function tell(message: ToWorker) {
        worker.postMessage(message);
      }
    });
  }

  function drop(thread: Thread) {
    threads.delete(thread);
    void thread.worker.terminate();
  }

  async function close() {
    closed = true;
    for (const { done } of queue.splice(0)) done.reject(shuttingDown());
    const ending = [...threads].map(({ worker, job }) => {
      job?.done.reject(shuttingDown());
      return worker.terminate();
    });
    await Promise.all(ending);
  }
}

/** The error that a worker told of. */
function heard({ code, message, help, data, cause }: SpokenError): VitteError {
  if (code === undefined) {
    return new VitteError('PKG_E_INTERNAL', 'the resolver failed', { cause: new Error(message) });
  }
  return new VitteError(code, message, {
    cause,
    ...(help ? { help } : {}),
    ...(data ? { data } : {}),
  });
}

function crashed(cause: unknown): VitteError {
  const { code } = (typeof cause === 'object' && cause !== null ? cause : {}) as { code?: string };
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    const why = 'resolving was stopped: it took more memory than is allowed';
    return new VitteError('PKG_E_RESOLVE_LIMIT', why, { cause, data: { limit: 'memoryMib' } });
  }
  return new VitteError('PKG_E_INTERNAL', 'the resolver ended', { cause });
}

function isOutOfMemory(error: unknown): boolean {
  return isVitteError(error, 'PKG_E_RESOLVE_LIMIT') && error.data?.limit === 'memoryMib';
}

function shuttingDown(): VitteError {
  return new VitteError('PKG_E_SHUTTING_DOWN', 'the resolver is closed');
}
