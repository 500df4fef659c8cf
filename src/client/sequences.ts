// The last journal number seen of each registry, so that the next command of the same user sees what this one
// wrote, whichever replica answers (architecture.md, "What must always hold", 4).
import { join } from 'node:path';
import { canonicalJson, isJsonObject } from '../core/json.ts';
import { readJsonFile, withFileLock, writePrivateFile } from './private-file.ts';
import type { RegistryUrl } from './registry-url.ts';

const sequencesSchema = 'vitte.sequences.v1';
const registriesMax = 200;

/** A store's id and a number in its journal, as headers carry them: `STOREID:N`. */
export type SeenSequence = { store: string; sequence: number };

export type SequenceMemory = {
  /** What was last seen of this registry. Never fails: a lost memory costs a second of staleness. */
  recall(): Promise<SeenSequence | undefined>;
  /** Notes an answer's number. A lower one of the same store changes nothing. */
  note(seen: SeenSequence): void;
  /** Writes what is new. Never fails. */
  save(): Promise<void>;
};

/** Parses the header `Vitte-Sequence`; undefined where it is absent or malformed. */
export function parseSequence(header: string | undefined): SeenSequence | undefined {
  const match = header === undefined ? null : /^([0-9a-f]{1,64}):(\d{1,15})$/.exec(header);
  return match?.[1] && match[2] ? { store: match[1], sequence: Number(match[2]) } : undefined;
}

/** The header's text. */
export function formatSequence(seen: SeenSequence): string {
  return `${seen.store}:${seen.sequence}`;
}

/** The memory of one registry, kept in `VITTE_HOME/sequences.json`; in this process alone without `home`. */
export function sequenceMemory(url: RegistryUrl, home: string | undefined): SequenceMemory {
  const path = home === undefined ? undefined : join(home, 'sequences.json');
  let current: SeenSequence | undefined;
  let loaded: Promise<void> | undefined;
  let changed = false;

  return {
    async recall() {
      loaded ??= load();
      await loaded;
      return current;
    },
    note(seen) {
      if (current?.store === seen.store && current.sequence >= seen.sequence) return;
      current = seen;
      changed = true;
    },
    async save() {
      if (!changed || path === undefined || current === undefined) return;
      changed = false;
      const row = current;
      await withFileLock(path, () => writeRow(path, row)).catch(() => {});
    },
  };

  async function load() {
    const rows = path === undefined ? {} : await readRows(path);
    current ??= rows[url];
  }

  async function writeRow(path: string, row: SeenSequence) {
    const { [url]: other, ...rows } = await readRows(path);
    const ahead = other?.store === row.store && other.sequence > row.sequence;
    // Which rows go when there are too many does not matter: each is worth a second of freshness.
    const kept = Object.entries(rows).slice(0, registriesMax - 1);
    const registries = Object.fromEntries([...kept, [url, ahead ? other : row]]);
    await writePrivateFile(path, canonicalJson({ schema: sequencesSchema, registries }, 2));
  }
}

/** The rows that can be read; a damaged or foreign file counts as empty. */
async function readRows(path: string): Promise<Record<string, SeenSequence>> {
  const document = await readJsonFile(path).catch(() => undefined);
  if (document?.schema !== sequencesSchema || !isJsonObject(document.registries)) return {};
  const rows = Object.entries(document.registries).flatMap(([url, row]) => {
    if (!isJsonObject(row)) return [];
    const seen = parseSequence(`${String(row.store)}:${String(row.sequence)}`);
    return seen ? [[url, seen] as const] : [];
  });
  return Object.fromEntries(rows);
}
