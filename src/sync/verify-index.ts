// The parts of an index that belong to no single package: feed, registry, tokens, dependents.
import { setTimeout as delay } from 'node:timers/promises';
import type { Digest } from '../core/digest.ts';
import { isVitteError } from '../core/errors.ts';
import { type Entry, entryFields, type JournalHead } from '../core/journal-entry.ts';
import { canonicalJson } from '../core/json.ts';
import type { PackageName } from '../core/name.ts';
import { pageItemsMax } from '../index/limits.ts';
import { listedVersions } from '../index/listed-versions.ts';
import type { DependentRecord, Index, PackageRecord } from '../index/port.ts';
import { dependentRecords, project } from '../index/project.ts';
import type { Finding, Findings } from './findings.ts';
import { lineHash } from './verify-package.ts';

type Options = { signal?: AbortSignal };

/** How long an index may take to reach the journal's end while it is filled. */
const behindMsMax = 5_000;
const lookMs = 100;

/**
 * Whether the index holds the journal up to this head, at a place of its chain; what is wrong is a finding.
 * `isOnChain` is asked of the batch at which the index stands, which may be later than the journal was read.
 */
export async function reachesHead(
  index: Index,
  end: JournalHead,
  isOnChain: (batch: Digest) => Promise<boolean>,
  findings: Findings,
  options: Options,
): Promise<boolean> {
  const deadline = performance.now() + behindMsMax;
  let head = await index.head(options);
  while ((head?.sequence ?? -1) < end.sequence && performance.now() < deadline) {
    await delay(lookMs, undefined, options);
    head = await index.head(options);
  }
  if (!head || head.sequence < end.sequence) {
    const detail = `${head?.sequence ?? 0} < ${end.sequence}`;
    findings.add({ kind: 'index-behind', detail });
    return false;
  }
  if (await isOnChain(head.batch)) return true;
  findings.add({ kind: 'index-elsewhere', digest: head.batch });
  return false;
}

/**
 * What is read of an index that answers; undefined where it can't read what it holds, which is this finding. Throws
 * what it throws where it is away.
 */
export async function readIndex<T>(
  index: Index,
  findings: Findings,
  finding: Finding,
  options: Options,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isVitteError(error, 'PKG_E_INDEX_UNAVAILABLE')) throw error;
    await index.head(options);
    findings.add({ ...finding, detail: error.message });
    return undefined;
  }
}

/** Compares entries, as they come, with the feed, the registry and the tokens of an index. */
export function createFeedCheck(index: Index, findings: Findings, options: Options) {
  let page: Entry[] = [];
  let broken = false;

  return async (entry: Entry): Promise<void> => {
    await checkFacts(entry);
    if (broken) return;
    if (page.length === 0) {
      const finding = { kind: 'index-feed', entry: entry.n } as const;
      const read = await readIndex(index, findings, finding, options, () =>
        index.feed({ since: entry.n - 1, limit: pageItemsMax }, options),
      );
      if (!read) {
        broken = true;
        return;
      }
      page = read.value;
    }
    const standing = page.shift();
    if (standing && canonicalJson(entryFields(standing)) === canonicalJson(entryFields(entry)))
      return;
    // What follows is most often another history: one finding says so.
    broken = true;
    findings.add({ kind: 'index-feed', entry: entry.n });
  };

  async function checkFacts(entry: Entry) {
    if (entry.event === 'registry created' && entry.n === 1) {
      const { value } = await index.store(options);
      const change = project({ entry });
      const same =
        change?.change === 'store' && canonicalJson(change.store) === canonicalJson(value);
      if (!same) findings.add({ kind: 'index-registry', entry: entry.n });
    }
    if (entry.event === 'token made') {
      const { value } = await index.token(entry.sha256, options);
      if (value?.token !== entry.token || value.account !== entry.account) {
        findings.add({ kind: 'index-token', entry: entry.n });
      }
    }
  }
}

/**
 * Who depends on whom, told by the versions themselves, in a few bytes a name. A hash of all rows tells whether the
 * index has the same; where it has not, and moved meanwhile, its rows are looked at one by one.
 */
export function createDependentsCheck() {
  const sums = new Map<PackageName, bigint>();

  return {
    take(record: PackageRecord) {
      for (const version of listedVersions(record)) {
        for (const { on, record: row } of dependentRecords(version)) add(sums, on, row);
      }
    },

    async compare(index: Index, findings: Findings, moved: boolean, options: Options) {
      for (const [name, sum] of sums) {
        const finding = { kind: 'index-dependents', package: name } as const;
        const differs = await readIndex(index, findings, finding, options, () =>
          rowsDiffer(index, name, sum, moved, options),
        );
        if (differs) findings.add(finding);
      }
    },
  };
}

async function rowsDiffer(
  index: Index,
  name: PackageName,
  sum: bigint,
  moved: boolean,
  options: Options,
): Promise<boolean> {
  const found = new Map<PackageName, bigint>();
  for await (const row of dependentsOf(index, name, options)) {
    add(found, name, row);
    if (moved && !(await isFounded(index, name, row, options))) return true;
  }
  return !moved && (found.get(name) ?? 0n) !== sum;
}

function add(sums: Map<PackageName, bigint>, on: PackageName, row: DependentRecord) {
  const { name, version, requirement, scope } = row;
  const hash = lineHash(canonicalJson({ name, version, requirement, scope })).readBigUInt64BE();
  sums.set(on, (sums.get(on) ?? 0n) ^ hash);
}

async function* dependentsOf(index: Index, name: PackageName, options: Options) {
  for (let after: DependentRecord | undefined; ; ) {
    const page = { limit: pageItemsMax, ...(after === undefined ? {} : { after }) };
    const { value: rows } = await index.dependents(name, page, options);
    yield* rows;
    if (rows.length < pageItemsMax) return;
    after = rows.at(-1);
  }
}

/** Whether the version that a row names says so itself. */
async function isFounded(index: Index, on: PackageName, row: DependentRecord, options: Options) {
  const { value: record } = await index.package(row.name, options);
  const version = record && listedVersions(record).find((one) => one.version === row.version);
  return version !== undefined && dependentRecords(version).some((edge) => edge.on === on);
}
