// Asks for everything that was ever answered, once more: of each replica, of a fresh one, and of the store itself.
import { setTimeout as delay } from 'node:timers/promises';
import { sha256 } from '../../src/core/digest.ts';
import { openRemoteRegistry } from '../../src/oci/remote/registry.ts';
import type { StoredBatch } from '../../src/storage/batch.ts';
import { openJournalStore } from '../../src/storage/journal-store.ts';
import { type AnswerChecker, type FeedEntry, labelOf } from './answer-checker.ts';
import { call, type Reply } from './rest.ts';

const askersMax = 16;
const triesMax = 20;
const pauseMs = 250;

/**
 * What differs between what was answered and what this replica says: everything that was published is there with
 * its digest, date, number and bytes; what was refused is there with another content; the feed has each once.
 */
export async function auditReplica(url: string, checker: AnswerChecker): Promise<FeedEntry[]> {
  const entries = await wholeFeed(url, checker);
  const published = new Map<string, FeedEntry>();
  const ids = new Set<string>();
  for (const [at, entry] of entries.entries()) {
    if (entry.n !== at + 1) checker.find(`${url}: entry ${entry.n} in place ${at + 1}`);
    if (entry.at < (entries[at - 1]?.at ?? ''))
      checker.find(`entry ${entry.n} is older than the one before`);
    if (entry.id !== undefined && ids.has(entry.id)) checker.find(`item ${entry.id} stands twice`);
    ids.add(entry.id ?? '');
    if (entry.event !== 'published') {
      if (entry.event === 'voided') checker.find(`entry ${entry.n}: ${entryLabel(entry)} voided`);
      continue;
    }
    const label = entryLabel(entry);
    if (published.has(label)) checker.find(`${label}: published twice in the feed`);
    published.set(label, entry);
  }
  for (const known of checker.published.values()) {
    const entry = entries[known.sequence - 1];
    const stands = entry?.event === 'published' && entryLabel(entry) === labelOf(known);
    if (!stands)
      checker.find(`${labelOf(known)}: entry ${known.sequence} is ${JSON.stringify(entry)}`);
    else if (entry.digest !== known.digest || entry.at !== known.publishedAt) {
      checker.find(`${labelOf(known)}: entry ${entry.n} tells another digest or date`);
    }
  }
  for (const refused of checker.refused) {
    if (!published.has(labelOf(refused)))
      checker.find(`${labelOf(refused)}: 409, and nothing was published`);
  }
  const subjects = [...checker.published.values(), ...checker.refused];
  await Promise.all(
    Array.from({ length: askersMax }, async () => {
      for (let next = subjects.pop(); next; next = subjects.pop()) {
        await auditVersion(url, next, checker);
      }
    }),
  );
  return entries;
}

function entryLabel({ package: name = '', version = '' }: FeedEntry): string {
  return labelOf({ name, version });
}

async function auditVersion(
  url: string,
  subject: { name: string; version: string },
  checker: AnswerChecker,
) {
  const label = labelOf(subject);
  const path = `${url}/api/v1/packages/${subject.name}/${subject.version}`;
  const sentAt = performance.now();
  const found = await asked(path);
  if (found.status !== 200) return checker.find(`${url}: ${label}: ${found.status} ${found.bytes}`);
  const body = found.json<{ archive: { digest: string } }>();
  checker.readVersion(subject, { status: 200, sentAt, sequence: undefined, body });
  for (const refused of checker.refused) {
    if (labelOf(refused) === label && refused.archive === body.archive.digest) {
      checker.find(`${label}: was refused with 409, and stands`);
    }
  }
  const archive = await asked(`${path}/download`);
  const digest = archive.status === 200 ? sha256(archive.bytes) : `status ${archive.status}`;
  if (digest !== body.archive.digest) checker.find(`${url}: ${label}: download gave ${digest}`);
}

/** Follows the journal in the store from its end: one chain, which holds exactly these entries. */
export async function auditChain(storage: string, feed: FeedEntry[], checker: AnswerChecker) {
  const registry = openRemoteRegistry({ url: storage });
  try {
    const journal = openJournalStore(registry);
    let next: number | undefined;
    let batch: StoredBatch | undefined = await journal.lastBatch(await journal.terms());
    let batches = 0;
    while (batch) {
      batches += 1;
      const end: number = batch.first + batch.count;
      if (end !== (next ?? feed.length + 1)) {
        checker.find(`batch ${batch.digest} ends before ${end}, the next begins at ${next}`);
      }
      next = batch.first;
      for (const entry of await journal.entries(batch)) {
        const shown = feed[entry.n - 1];
        const same = shown?.event === 'private' || shown?.id === entry.id;
        if (!same) checker.find(`entry ${entry.n} is another in the store than in the feed`);
      }
      batch = batch.previous && (await journal.batch(batch.previous));
    }
    if (next !== 1) checker.find(`the chain begins at ${next}`);
    return batches;
  } finally {
    await registry.close();
  }
}

async function wholeFeed(url: string, checker: AnswerChecker): Promise<FeedEntry[]> {
  const entries: FeedEntry[] = [];
  for (let next: number | null = 0; next !== null; ) {
    const since: number = next;
    const sentAt = performance.now();
    const page = await asked(`${url}/api/v1/changes?since=${since}&limit=1000`);
    if (page.status !== 200) {
      checker.find(`${url}: feed after ${since}: ${page.status}`);
      return entries;
    }
    const body = page.json<{ entries: FeedEntry[]; next: number | null }>();
    checker.readFeed(since, { status: 200, sentAt, sequence: undefined, body });
    entries.push(...body.entries);
    next = body.next;
  }
  return entries;
}

/** An answer, asked for again as long as it is 503 or 502. */
async function asked(url: string): Promise<Reply> {
  for (let tries = 1; ; tries += 1) {
    const reply = await call(url);
    if (reply.status < 500 || tries === triesMax) return reply;
    await delay(pauseMs);
  }
}
