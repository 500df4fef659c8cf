import type { Entry, JournalEntry } from '../core/journal-entry.ts';
import type { QueueItem } from '../index/port.ts';
import type { VersionStore } from '../storage/version-store.ts';

/** The publisher has this long to write a version's tags itself. */
const graceMs = 30_000;

/** What asks for tags: a version, or referrers of one. */
type Tagged = Extract<JournalEntry, { event: 'published' | 'attached' }>;
type Untagged = { entry: Tagged; dueAt: number };

export type Tagger = ReturnType<typeof createTagger>;

/**
 * The writer's memory of versions that may lack their tags, because a publisher died between the journal and
 * the tags. Tags say what the journal says, so writing one twice does no harm.
 */
export function createTagger(versions: VersionStore, now: () => number) {
  const waiting: Untagged[] = [];
  let lost: QueueItem[] = [];

  return {
    /** Remembers versions just journaled, whose publishers are about to tag them. */
    note(entries: Entry[]) {
      for (const entry of entries) {
        if (asksForTags(entry)) waiting.push({ entry, dueAt: now() + graceMs });
      }
    },

    /** Tags at once everything after `tagged` that a writer before left untagged. */
    async adopt(tagged: number, entries: Entry[]) {
      const voided = new Set(
        entries.map((entry) => (entry.event === 'voided' ? label(entry) : undefined)),
      );
      for (const entry of entries) {
        if (asksForTags(entry) && entry.n > tagged && !voided.has(label(entry))) {
          await tag(entry);
        }
      }
    },

    /** Tags what its publisher left untagged for 30 s. */
    async tagOverdue() {
      while (waiting[0] && waiting[0].dueAt <= now()) {
        await tag(waiting[0].entry);
        waiting.shift();
      }
    },

    /** The number up to which every version is known to be tagged, where `last` is the journal's last. */
    taggedUpTo(last: number): number {
      return waiting[0] ? Math.min(last, waiting[0].entry.n - 1) : last;
    },

    /** Events `voided` for versions whose content was found to be gone, each once. */
    takeLost(): QueueItem[] {
      const items = lost;
      lost = [];
      return items;
    },
  };

  async function tag(entry: Tagged) {
    const { package: name, version, digest, bundles = [] } = entry;
    if (entry.event === 'attached') return versions.tagReferrers(name, bundles);
    if (await versions.versionTagged(name, version, digest)) return;
    const facts = await versions.facts(name, digest, bundles);
    if (facts && (await versions.archiveExists(name, facts.archive.digest))) {
      await versions.tagVersion(name, version, digest);
      await versions.tagReferrers(name, bundles);
      return;
    }
    const id = `${entry.id}-voided`;
    const reason = 'content lost before it was tagged';
    lost.push({
      id,
      event: { id, actor: 'registry', event: 'voided', package: name, version, digest, reason },
      role: 'admin',
      readAt: entry.n,
    });
  }
}

function asksForTags(entry: Entry): entry is Tagged {
  return entry.event === 'published' || entry.event === 'attached';
}

function label(entry: { package: string; version: string }): string {
  return `${entry.package}@${entry.version}`;
}
