import { workOff } from '../work-off.ts';
import type { Bench, Outcome } from './bench.ts';

/**
 * Tags are written, and each is read back at once over another connection: a replica sees what another one wrote.
 * Called a second time it moves them to other manifests.
 */
export async function checkManyTags(bench: Bench): Promise<Outcome> {
  const { first, second, limits, things, reading, writing } = bench;
  const tags = tagsOf(bench);
  const lanes = Array.from({ length: Math.min(limits.concurrency, tags.length) }, (_, at) => at);
  let done = 0;
  let stale = 0;
  // A manifest for each lane: docker-registry disturbs the readers of one that is written again.
  await workOff([...lanes], { limit: lanes.length, signal: reading }, async (lane, signal) => {
    const manifest = things.manifest(bench.profile, bench.parts);
    for (let at = lane; at < tags.length; at += lanes.length) {
      signal.throwIfAborted();
      const tag = tags[at] as string;
      await first.manifests.push(manifest, { tag, signal: writing });
      const found = await second.manifests.resolve(tag, { signal: reading });
      if (found?.digest !== manifest.digest) stale += 1;
      done += 1;
      bench.progress(done, tags.length);
    }
  });
  const count = tags.length;
  if (stale > 0) return { status: 'failed', finding: 'stale', count, stale };
  return { status: 'ok', finding: 'read-back', count, apart: bench.wire !== undefined };
}

/** Whether the list of tags names all of them. */
export async function checkTags(bench: Bench): Promise<Outcome> {
  const { second, limits, reading: signal } = bench;
  const wanted = new Set(tagsOf(bench));
  for await (const tag of second.tags({ signal })) wanted.delete(tag);
  const count = limits.tags;
  if (wanted.size > 0) return { status: 'failed', finding: 'not-listed', count, lost: wanted.size };
  const pages = bench
    .seen()
    .filter(({ path, status }) => path.endsWith('/tags/list') && status === 200);
  return { status: 'ok', finding: 'listed', count, pages: Math.max(pages.length, 1) };
}

function tagsOf({ limits, things }: Bench): string[] {
  return Array.from({ length: limits.tags }, (_, at) => things.tag(String(at + 1)));
}
