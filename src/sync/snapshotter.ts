import { setTimeout as delay } from 'node:timers/promises';
import { createSnapshotWriter, type SnapshotWriterParts } from './snapshot-writer.ts';

export type SnapshotterParts = SnapshotWriterParts & {
  /** Whether this replica is the one that writes. */
  leads(): boolean;
};

export type Snapshotter = {
  /** One round at once, as the background does it. */
  round: ReturnType<typeof createSnapshotWriter>['round'];
  /** Begins to keep snapshots in the background: at most once a minute. `soon`: there is much to be kept. */
  begin(options?: { soon?: boolean }): void;
  /** Ends it; where the index ends with this process, with a last round. */
  close(): Promise<void>;
};

/** Time between two rounds: a little different on each replica. */
const roundMs = 60_000;
const roundSpreadMs = 6_000;
/** The same where a round had to leave something, and after a start that had to read very much. */
const nextMs = 10_000;
const soonMs = 2_000;
/** The last round, when the process ends. It is left out for few entries: they are read again in no time. */
const lastRoundMsMax = 4_000;
const lastRoundEntriesMin = 64;

/** Keeps snapshots of the index in the store (spec/journal.md, "Snapshots"). Nothing depends on their being there. */
export function createSnapshotter(parts: SnapshotterParts): Snapshotter {
  const writer = createSnapshotWriter(parts);
  const stopping = new AbortController();
  const { signal } = stopping;
  let loop: Promise<void> | undefined;

  return {
    round: writer.round,
    begin({ soon = false } = {}) {
      loop ??= work(soon ? soonMs : pauseMs());
    },
    async close() {
      stopping.abort();
      await loop;
      // An index that outlives this process is looked after by the next one; of another nobody else knows anything.
      if (!loop || parts.index.onDoubt) return;
      try {
        await writer.round({
          signal: AbortSignal.timeout(lastRoundMsMax),
          entriesMin: lastRoundEntriesMin,
        });
      } catch (error) {
        parts.onError(error);
      }
    },
  };

  async function work(firstMs: number) {
    let waitMs = firstMs;
    while (!signal.aborted) {
      try {
        await delay(waitMs, undefined, { signal });
        waitMs = pauseMs();
        if (!parts.leads()) continue;
        const { more } = await writer.round({ signal, paced: true });
        if (more) waitMs = nextMs;
      } catch (error) {
        if (signal.aborted) return;
        parts.onError(error);
      }
    }
  }
}

function pauseMs(): number {
  return roundMs + Math.random() * roundSpreadMs;
}
