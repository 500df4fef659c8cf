import type { Entry, JournalEntry } from '../core/journal-entry.ts';
import type { QueueItem } from '../index/port.ts';
import type { VersionStore } from '../storage/version-store.ts';

/** The publisher has this long to write a version's tags itself; a look that failed is repeated after as long. */
const graceMs = 30_000;
/** A version's content must be missing at so many looks, `graceMs` apart, before it counts as lost. */
const looksMax = 3;

/** What asks for tags: a version, or referrers of one. */
type Tagged = Extract<JournalEntry, { event: 'published' | 'attached' }>;
type Waiting = { entry: Tagged; dueAt: number; missing: number };

export type Tagger = ReturnType<typeof createTagger>;

/**
 * The writer's memory of what may lack its tags, because a publisher died between the journal and the tags. Tags
 * say what the journal says, so writing one twice does no harm. An entry leaves it only when it is tagged or
 * journaled as voided, so that no batch claims more than is true.
 */
export function createTagger(versions: VersionStore, now: () => number) {
  let waiting: Waiting[] = [];

  return {
    /** Remembers what was just journaled, whose publishers are about to tag it; forgets what was voided. */
    note(entries: Entry[]) {
      take(entries, now() + graceMs);
    },

    /** Takes over everything that a writer before left, to be looked at with the next `tagOverdue`. */
    adopt(tagged: number, entries: Entry[]) {
      waiting = [];
      take(
        entries.filter((entry) => entry.n > tagged),
        now(),
      );
    },

    /**
     * Tags what its publisher left untagged for 30 s. Gives events `voided` for versions whose content is gone,
     * again and again until they are journaled, and the errors of those that could not be looked at.
     */
    async tagOverdue(): Promise<{ lost: QueueItem[]; errors: unknown[] }> {
      const lost: QueueItem[] = [];
      const errors: unknown[] = [];
      for (const item of waiting.filter(({ dueAt }) => dueAt <= now())) {
        item.dueAt = now() + graceMs;
        try {
          if (await tag(item.entry)) waiting = waiting.filter((other) => other !== item);
          else if (++item.missing >= looksMax) lost.push(voidedItem(item.entry));
        } catch (error) {
          errors.push(error);
        }
      }
      return { lost, errors };
    },

    /** The number up to which everything is known to be tagged, where `last` is the journal's last. */
    taggedUpTo(last: number): number {
      return Math.min(last, ...waiting.map(({ entry }) => entry.n - 1));
    },
  };

  function take(entries: Entry[], dueAt: number) {
    for (const entry of entries) {
      if (entry.event === 'published' || entry.event === 'attached') {
        waiting.push({ entry, dueAt, missing: 0 });
      } else if (entry.event === 'voided') {
        waiting = waiting.filter((item) => label(item.entry) !== label(entry));
      }
    }
  }

  /** False where there is nothing to point a tag at. */
  async function tag(entry: Tagged): Promise<boolean> {
    const { package: name, version, digest, bundles = [] } = entry;
    if (entry.event === 'published') {
      if (await versions.versionTagged(name, version, digest)) return true;
      const facts = await versions.facts(name, digest, bundles);
      if (!facts || !(await versions.archiveExists(name, facts.archive.digest))) return false;
      await versions.tagVersion(name, version, digest);
    }
    await versions.tagReferrers(name, bundles);
    return true;
  }
}

function voidedItem(entry: Tagged): QueueItem {
  const { package: name, version, digest } = entry;
  const id = `${entry.id}-voided`;
  const reason = 'content lost before it was tagged';
  return {
    id,
    event: { id, actor: 'registry', event: 'voided', package: name, version, digest, reason },
    role: 'admin',
    readAt: entry.n,
  };
}

function label(entry: { package: string; version: string }): string {
  return `${entry.package}@${entry.version}`;
}
