import { createHash } from 'node:crypto';
import type { Digest } from '../core/digest.ts';
import { type Entry, entryFields, type JournalEntry } from '../core/journal-entry.ts';
import { canonicalJson, type JsonValue } from '../core/json.ts';
import type { PackageName } from '../core/name.ts';
import { foldedPackage, isPackageChange } from '../index/package-fold.ts';
import type { AppliedEntry, PackageRecord } from '../index/port.ts';
import { project } from '../index/project.ts';
import type { VersionStore } from '../storage/version-store.ts';

type Options = { signal?: AbortSignal };

/** A package as the journal and the store say it is. */
export type ReplayedPackage = {
  record: PackageRecord | undefined;
  /** As it was behind the last entry up to a number that was asked for. */
  before: PackageRecord | undefined;
  /** For each of its entries what a snapshot should say, as a hash; none for what a snapshot may say otherwise. */
  lines: { n: number; hash: Buffer | undefined }[];
};

/** Folds a package's entries, with what the store holds of them. `before` says up to which entry it is wanted too. */
export async function replayPackage(
  versions: VersionStore,
  name: PackageName,
  entries: readonly Entry[],
  { before = Number.POSITIVE_INFINITY, ...options }: Options & { before?: number | undefined } = {},
): Promise<ReplayedPackage> {
  const replayed: ReplayedPackage = { record: undefined, before: undefined, lines: [] };
  const applied: AppliedEntry[] = [];
  for (const entry of entries) {
    const one = await appliedEntry(versions, name, entry, options);
    applied.push(one);
    const change = project(one);
    if (change && isPackageChange(change)) {
      replayed.record = foldedPackage(replayed.record, change);
    }
    if (entry.n <= before) replayed.before = replayed.record;
  }
  const voided = new Set(
    entries.flatMap((entry) => (entry.event === 'voided' ? entry.version : [])),
  );
  for (const one of applied) {
    const { entry } = one;
    // A snapshot written since then says that a voided version has no content, one from before says what it was.
    const mayDiffer = 'version' in entry && voided.has(entry.version);
    replayed.lines.push({ n: entry.n, hash: mayDiffer ? undefined : lineHash(appliedLine(one)) });
  }
  return replayed;
}

/** The line of an entry in a snapshot. */
export function appliedLine({ entry, facts, signatures }: AppliedEntry): string {
  return canonicalJson({ entry: entryFields(entry), facts, signatures });
}

/** Eight bytes that tell lines apart. */
export function lineHash(line: string): Buffer {
  return createHash('sha256').update(line).digest().subarray(0, 8);
}

/** The versions that the journal published, with every bundle that it names for them. */
export function knownVersions(entries: readonly Entry[]) {
  const known = new Map<string, KnownVersion>();
  for (const entry of entries) {
    if (entry.event === 'published' && !known.has(entry.version)) {
      const { digest, bundles = [] } = entry;
      known.set(entry.version, { entry, digest, bundles: [...bundles], isVoided: false });
    }
    if (entry.event === 'voided') {
      const version = known.get(entry.version);
      if (version) version.isVoided = true;
    }
    if (entry.event !== 'attached') continue;
    const version = known.get(entry.version);
    if (version?.digest === entry.digest) version.bundles.push(...entry.bundles);
  }
  return known;
}

/** Where two values first differ, such as `versions.3.yanked`; undefined where they do not. */
export function firstDifference(a: unknown, b: unknown, path: string[] = []): string | undefined {
  if (canonicalJson(a) === canonicalJson(b)) return undefined;
  if (!isObject(a) || !isObject(b)) return path.join('.') || 'all of it';
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = firstDifference(a[key], b[key], [...path, key]);
    if (found !== undefined) return found;
  }
  return path.join('.');
}

type Published = Extract<JournalEntry, { event: 'published' }>;
type KnownVersion = {
  entry: Published;
  digest: Digest;
  bundles: Digest[];
  /** By an entry of the journal. */
  isVoided: boolean;
};

async function appliedEntry(
  versions: VersionStore,
  name: PackageName,
  entry: Entry,
  options: Options,
): Promise<AppliedEntry> {
  if (entry.event === 'attached') {
    return { entry, signatures: await versions.signatureFacts(name, entry.bundles, options) };
  }
  if (entry.event !== 'published') return { entry };
  const facts = await versions.facts(name, entry.digest, entry.bundles ?? [], options);
  return { entry, facts: facts ?? 'gone' };
}

function isObject(value: unknown): value is Record<string, JsonValue | undefined> {
  return typeof value === 'object' && value !== null;
}
