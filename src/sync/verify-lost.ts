// Entries of batches beside the chain. Most often nobody was ever answered for one: its writer lost its term. Where a
// registry does not give back at once what was written, one may have been answered all the same (spec/journal.md,
// "What cannot be guaranteed").
import type { Entry } from '../core/journal-entry.ts';
import type { Finding } from './findings.ts';

export type LostCheck = {
  /** Told of each entry of the chain. */
  see(entry: Entry): void;
  /** Entries that the chain lacks, oldest first. */
  entries(): Entry[];
  findings(): Finding[];
};

export function createLostCheck(beside: readonly Entry[]): LostCheck {
  const byId = new Map(beside.filter(isSaidOnce).map((entry) => [entry.id, entry]));
  const published = new Map<string, Entry[]>();
  for (const entry of byId.values()) {
    if (entry.event !== 'published') continue;
    const key = `${entry.package}@${entry.version}`;
    published.set(key, [...(published.get(key) ?? []), entry]);
  }
  /** Versions that the chain has with other content. */
  const contradicted = new Set<string>();

  return {
    see(entry) {
      byId.delete(entry.id);
      if (entry.event !== 'published') return;
      for (const other of published.get(`${entry.package}@${entry.version}`) ?? []) {
        if (other.event !== 'published') continue;
        if (other.digest === entry.digest) byId.delete(other.id);
        else contradicted.add(other.id);
      }
    },
    entries: () => [...byId.values()].filter(({ id }) => !contradicted.has(id)),
    findings: () =>
      [...byId.values()].map((entry): Finding => {
        const kind = contradicted.has(entry.id) ? 'entry-contradicts' : 'entry-lost';
        return {
          kind,
          entry: entry.n,
          detail: entry.event,
          ...('package' in entry ? { package: entry.package } : {}),
          ...('version' in entry ? { version: entry.version, digest: entry.digest } : {}),
        };
      }),
  };
}

/** A registry and a package are created once, whoever was first: a version brings its package along. */
function isSaidOnce({ event }: Entry): boolean {
  return event !== 'registry created' && event !== 'package created';
}
