// Resolutions in a thread of their own, one at a time: `pool.ts` starts it.
import { parentPort } from 'node:worker_threads';
import { VitteError } from '../core/errors.ts';
import type { PackageFacts, PackageProvider } from './port.ts';
import { parseResolveRequest } from './request.ts';
import { resolve } from './resolve.ts';
import type { FromWorker, SentFacts, SpokenError, ToWorker } from './worker-messages.ts';

const kept = new Map<number, PackageFacts>();
let cancelled = new AbortController();
let waiting: PromiseWithResolvers<(PackageFacts | undefined)[]> | undefined;
let told: (PackageFacts | undefined)[] = [];

/** The provider at the other end; it is asked for one thing at a time. */
const provider: PackageProvider = {
  packages(names) {
    waiting = Promise.withResolvers();
    told = [];
    say({ say: 'ask', names });
    return waiting.promise;
  },
};

parentPort?.on('message', (message: ToWorker) => {
  if (message.say === 'resolve') void run(message);
  else if (message.say === 'facts') {
    told.push(...message.packages.map(received));
    if (!message.more) waiting?.resolve(told);
  } else {
    const reason = new VitteError('PKG_E_CANCELLED', 'the resolution was cancelled');
    cancelled.abort(reason);
    waiting?.reject(reason);
  }
});

async function run({ request, options }: Extract<ToWorker, { say: 'resolve' }>) {
  cancelled = new AbortController();
  const { signal } = cancelled;
  try {
    const read = 'unread' in request ? parseResolveRequest(request.unread) : request;
    say({ say: 'done', result: await resolve(read, provider, { ...options, signal }) });
  } catch (error) {
    say({ say: 'failed', error: spoken(error) });
  }
}

/** Facts that stay the same are the same object again, so that what was computed from them is kept. */
function received(sent: SentFacts): PackageFacts | undefined {
  if (!sent) return undefined;
  for (const number of sent.forget ?? []) kept.delete(number);
  if (sent.facts) kept.set(sent.number, sent.facts);
  return kept.get(sent.number);
}

function spoken(error: unknown): SpokenError {
  if (!(error instanceof VitteError)) {
    return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  const { code, message, help, data, cause } = error;
  return {
    ...{ code, message },
    ...(cause instanceof Error ? { cause: cause.message } : {}),
    ...(help ? { help } : {}),
    ...(data ? { data } : {}),
  };
}

function say(message: FromWorker) {
  parentPort?.postMessage(message);
}
