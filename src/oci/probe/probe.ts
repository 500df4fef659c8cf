import { isVitteError } from '../../core/errors.ts';
import { type ManifestProfile, standardProfile } from '../../core/manifest-profile.ts';
import type { CallOptions, Registry } from '../port.ts';
import { checkAuth, checkReach } from './access-checks.ts';
import { type Bench, type CheckRow, type ProbeLimits, probeLimits } from './bench.ts';
import {
  type Check,
  type CheckName,
  type CheckStatus,
  type Leftovers,
  neededChecks,
} from './check.ts';
import { checkChunks, checkPush, checkRead } from './content-checks.ts';
import { checkDelete, checkOverwrite, checkReferrers } from './manifest-checks.ts';
import { checkManyTags, checkTags } from './tag-checks.ts';
import { createThrowaway } from './throwaway.ts';
import type { Exchange, Wire } from './wire.ts';

export type ProbeOptions = CallOptions & {
  /** The connection that writes. */
  registry: Registry;
  /** Another one to the same storage; the same where only one can be. */
  other: Registry;
  /** Where the throwaway artifact goes. */
  repository: string;
  /** Forms of manifests that may be written, the best one first. */
  profiles: readonly ManifestProfile[];
  wire?: Wire;
  limits?: Partial<ProbeLimits>;
  onProgress?: (check: CheckName, done: number, total: number) => void;
};

export type ProbeReport = {
  checks: Check[];
  /** What could not be deleted again. */
  leftovers: Leftovers | undefined;
};

const rows: readonly CheckRow[] = [
  { name: 'reach', needs: [], run: checkReach },
  { name: 'auth', needs: [], run: checkAuth },
  { name: 'push', needs: ['auth'], run: checkPush },
  { name: 'chunks', needs: ['push'], run: checkChunks },
  { name: 'read', needs: ['push'], run: checkRead },
  { name: 'referrers', needs: ['push'], run: checkReferrers },
  { name: 'overwrite', needs: ['push'], run: checkOverwrite },
  { name: 'new-tags', needs: ['push'], run: checkManyTags },
  { name: 'overwritten-tags', needs: ['overwrite', 'new-tags'], run: checkManyTags },
  { name: 'tags', needs: ['new-tags'], run: checkTags },
  { name: 'delete', needs: ['push'], run: checkDelete },
];

/**
 * Tries everything that a registry needs of its storage, on a throwaway artifact, and deletes that again, also after
 * the signal has aborted; what was not tried by then is `late`. Throws where the storage can't be reached, what the
 * first question gave: PKG_E_STORAGE_UNAVAILABLE, PKG_E_STORAGE_ANSWER. All else is in the report.
 */
export async function probeStorage(options: ProbeOptions): Promise<ProbeReport> {
  const limits = { ...probeLimits, ...options.limits };
  const late = AbortSignal.timeout(limits.timeoutMs);
  const reading = options.signal ? AbortSignal.any([options.signal, late]) : late;
  const grace = delayed(reading, limits.writeGraceMs);
  const first = options.registry.repository(options.repository);
  const things = createThrowaway(first);
  const history: Exchange[] = [];
  let seen: Exchange[] = [];
  const bench: Bench = {
    registry: options.registry,
    first,
    second: options.other.repository(options.repository),
    profiles: options.profiles,
    profile: options.profiles[0] ?? standardProfile,
    parts: [],
    pushed: undefined,
    wire: options.wire,
    seen() {
      seen.push(...(options.wire?.take() ?? []));
      return seen;
    },
    seenBefore: history,
    things,
    limits,
    reading,
    writing: grace.signal,
    progress() {},
  };
  const checks: Check[] = [];
  const run = async () => {
    for (const [at, row] of rows.entries()) {
      options.onProgress?.(row.name, at, rows.length);
      bench.progress = (done, total) =>
        options.onProgress?.(row.name, at + done / total, rows.length);
      checks.push(await runCheck(row, bench, checks));
      history.push(...bench.seen());
      seen = [];
    }
  };
  const [outcome] = await Promise.allSettled([run()]);
  grace.end();
  const leftovers = await things.remove(AbortSignal.timeout(limits.cleanupTimeoutMs));
  if (outcome.status === 'rejected') throw outcome.reason;
  return { checks, leftovers };
}

async function runCheck(
  { name, needs, run }: CheckRow,
  bench: Bench,
  before: readonly Check[],
): Promise<Check> {
  const because = needs.find((need) =>
    before.some(({ check, status }) => check === need && isNo(status)),
  );
  if (because) return { check: name, status: 'skipped', finding: 'not-tried', because };
  const status = neededChecks.has(name) ? 'failed' : 'missing';
  if (bench.reading.aborted) return { check: name, status, finding: 'late' };
  try {
    return { check: name, ...(await run(bench)) };
  } catch (error) {
    if (bench.reading.aborted) return { check: name, status, finding: 'late' };
    if (name === 'reach' || !isVitteError(error)) throw error;
    if (isVitteError(error, 'PKG_E_CONFIG', 'PKG_E_INTERNAL')) throw error;
    return { check: name, status, finding: 'error', error };
  }
}

function isNo(status: CheckStatus): boolean {
  return status === 'failed' || status === 'skipped';
}

/** A signal that aborts so long after another one. */
function delayed(signal: AbortSignal, ms: number): { signal: AbortSignal; end(): void } {
  const later = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer = setTimeout(() => later.abort(signal.reason), ms);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return {
    signal: later.signal,
    end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
}
