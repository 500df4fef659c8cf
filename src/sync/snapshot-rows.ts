// The lines of snapshots (spec/journal.md, "Snapshots"): written from records, read back into them. What is read was
// written by a release of this project, and nothing is decided by it: it is checked as far as a wrong form would
// surprise the code behind it.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Digest, isDigest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { entryFields, type JournalHead, parseEntry } from '../core/journal-entry.ts';
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { isPackageName, type PackageName } from '../core/name.ts';
import { isVersion } from '../core/version.ts';
import type { SignatureFact, VersionFacts } from '../core/version-facts.ts';
import type { AppliedEntry, DownloadCount, PackageRecord } from '../index/port.ts';

/** A batch of a snapshot: where the journal stands behind it, and how many entries it has. */
export type SnapshotBatch = { head: JournalHead; count: number };

/** A piece `entries`: batches in the order of the chain, with what the index is given of them. */
export type EntriesPiece = { batches: readonly SnapshotBatch[]; lines: readonly string[] };

/**
 * What the pieces `states` say of a package: which content its record has, and how new that is. Without `state` the
 * record is none that is kept.
 */
export type StateRow = { name: PackageName; sequence: number; state?: Digest };

/** After so many lines the event loop has a turn. */
const linesInTurnMax = 64;

/** A piece as it is stored: the batches in the first line, then one line an entry. */
export function entriesPieceBytes({ batches, lines }: EntriesPiece): Buffer {
  const header = canonicalJson({
    batches: batches.map(({ head, count }) => ({
      batch: head.batch,
      count,
      first: head.sequence - count + 1,
      ordinal: head.ordinal,
      term: head.term,
    })),
  });
  return Buffer.from([header, ...lines].map((line) => `${line}\n`).join(''));
}

/** Reads it. Throws PKG_E_STORE_FORMAT. */
export function readEntriesPiece(bytes: Buffer): EntriesPiece {
  const [header = '', ...lines] = linesOf(bytes);
  const { batches: rows } = objectOf(header);
  if (!Array.isArray(rows)) throw malformed();
  const batches = rows.map((row): SnapshotBatch => {
    const { batch, count, first, ordinal, term } = isJsonObject(row) ? row : {};
    const shaped =
      typeof batch === 'string' &&
      isDigest(batch) &&
      typeof term === 'string' &&
      isCount(count) &&
      isCount(first) &&
      isCount(ordinal);
    if (!shaped) throw malformed();
    return { head: { sequence: first + count - 1, batch, term, ordinal }, count };
  });
  const entries = batches.reduce((sum, { count }) => sum + count, 0);
  if (entries !== lines.length) throw malformed();
  return { batches, lines };
}

/** Lines of entries with what goes beside them, written a few at a time. */
export async function entryLines(entries: readonly AppliedEntry[]): Promise<string[]> {
  return inTurns(entries, ({ entry, facts, signatures }) =>
    canonicalJson({ entry: entryFields(entry), facts, signatures }),
  );
}

/** Reads a line back; `n` is the number that its entry must have. Throws PKG_E_STORE_FORMAT. */
export function readEntryLine(line: string, n: number): AppliedEntry {
  const { entry: stored = null, facts, signatures } = objectOf(line);
  const entry = parseEntry(stored, n);
  return {
    entry,
    ...(facts === undefined ? {} : { facts: facts === 'gone' ? facts : factsOf(facts) }),
    ...(signatures === undefined ? {} : { signatures: signaturesOf(signatures) }),
  };
}

/** Rows as lines, those of one kind. */
export function rowLines(rows: readonly (StateRow | DownloadCount)[]): Promise<string[]> {
  return inTurns(rows, canonicalJson);
}

export function linesBytes(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}

/** What a line begins with that tells the record of this package. */
export function stateLineStart(name: PackageName): string {
  return `{"name":${JSON.stringify(name)},`;
}

/** Reads lines of pieces `states`. Throws PKG_E_STORE_FORMAT. */
export function readStateRows(bytes: Buffer): StateRow[] {
  return linesOf(bytes).map(readStateRow);
}

export function readStateRow(line: string): StateRow {
  const { name, sequence, state } = objectOf(line);
  if (typeof name !== 'string' || !isPackageName(name) || !isCount(sequence)) throw malformed();
  if (state === undefined) return { name, sequence };
  if (typeof state !== 'string' || !isDigest(state)) throw malformed();
  return { name, sequence, state };
}

/** Reads lines of pieces `downloads`. Throws PKG_E_STORE_FORMAT. */
export function readDownloadRows(bytes: Buffer): DownloadCount[] {
  return linesOf(bytes).map((line) => {
    const { name, version, count } = objectOf(line);
    const shaped =
      typeof name === 'string' &&
      isPackageName(name) &&
      typeof version === 'string' &&
      isVersion(version) &&
      isCount(count);
    if (!shaped) throw malformed();
    return { name, version, count };
  });
}

/** A package's record as it is stored. */
export function recordBytes(record: PackageRecord): Buffer {
  return Buffer.from(canonicalJson(record));
}

/** Reads it. Throws PKG_E_STORE_FORMAT for what is no record of this package. */
export function readRecord(bytes: Buffer, name: PackageName): PackageRecord {
  const record = objectOf(bytes.toString('utf8'));
  const { sequence, createdAt, createdSequence, owners, versions } = record;
  const shaped =
    record.name === name &&
    isCount(sequence) &&
    isCount(createdSequence) &&
    typeof createdAt === 'string' &&
    Array.isArray(owners) &&
    Array.isArray(versions) &&
    versions.every((version) => isJsonObject(version) && isVersion(String(version.version)));
  if (!shaped) throw malformed();
  return record as unknown as PackageRecord;
}

/** In the order of members in which `versionFacts` makes them. */
function factsOf(value: JsonValue): VersionFacts {
  if (!isJsonObject(value)) throw malformed();
  const { version, digest, archive, readme, signatures, document } = value;
  if (!isJsonObject(archive) || !isJsonObject(document)) throw malformed();
  const { digest: archiveDigest, bytes, mediaType, tarSha256 } = archive;
  const facts = {
    version,
    digest,
    archive: { digest: archiveDigest, bytes, mediaType, tarSha256 },
    ...(isJsonObject(readme) ? { readme: { digest: readme.digest, bytes: readme.bytes } } : {}),
    signatures: signaturesOf(signatures),
    document,
  };
  return facts as unknown as VersionFacts;
}

function signaturesOf(value: JsonValue | undefined): SignatureFact[] {
  if (!Array.isArray(value)) throw malformed();
  return value.map((row) => {
    const { bundle, kid, verified } = isJsonObject(row) ? row : {};
    return { bundle, kid, verified } as SignatureFact;
  });
}

function linesOf(bytes: Buffer): string[] {
  const lines = bytes.toString('utf8').split('\n');
  if (lines.pop() !== '') throw malformed();
  return lines;
}

function objectOf(line: string): JsonObject {
  try {
    const value = JSON.parse(line) as JsonValue;
    if (isJsonObject(value)) return value;
  } catch (cause) {
    throw malformed(cause);
  }
  throw malformed();
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

async function inTurns<T>(items: readonly T[], line: (item: T) => string): Promise<string[]> {
  const lines: string[] = [];
  for (const [at, item] of items.entries()) {
    lines.push(line(item));
    if (at % linesInTurnMax === linesInTurnMax - 1) await nextTurn();
  }
  return lines;
}

function malformed(cause?: unknown) {
  return new VitteError('PKG_E_STORE_FORMAT', 'a snapshot is malformed', { cause });
}
