import { isVitteError, VitteError } from '../../core/errors.ts';
import type { Bench, Outcome } from './bench.ts';
import type { Exchange } from './wire.ts';

/** Whether what refers to a manifest is kept, and found by other tools: signatures are. */
export async function checkReferrers(bench: Bench): Promise<Outcome> {
  const { registry, first, second, things, profile, parts, reading, writing } = bench;
  const subject = pushedOf(bench);
  const referrer = things.manifest(profile, parts, { ...subject, size: subject.bytes.length });
  await first.manifests.push(referrer, { signal: writing });
  const api = await registry.referrersApi({ repository: first.name, signal: reading });
  if (!api) await things.noteFallback(subject.digest, reading);
  for await (const { digest } of second.referrers(subject.digest, { signal: reading })) {
    if (digest !== referrer.digest) continue;
    return api
      ? { status: 'ok', finding: 'referrers-api' }
      : { status: 'slower', finding: 'fallback-tag' };
  }
  // The journal knows the signatures of a package by their digests.
  return { status: 'missing', finding: 'referrer-lost' };
}

/** Whether a tag moves: the registry's journal and its snapshots need that. */
export async function checkOverwrite(bench: Bench): Promise<Outcome> {
  const { first, second, things, profile, parts, reading, writing } = bench;
  const tag = things.tag('moved');
  const next = things.manifest(profile, parts);
  const started = performance.now();
  await first.manifests.push(pushedOf(bench), { tag, signal: writing });
  await first.manifests.push(next, { tag, signal: writing });
  const found = await second.manifests.resolve(tag, { signal: reading });
  const requestMs = Math.round((performance.now() - started) / 3);
  if (found?.digest === next.digest) return { status: 'ok', finding: 'overwritten', requestMs };
  return { status: 'failed', finding: 'not-overwritten' };
}

/** Whether anything can be deleted, by its digest and by a tag alone. */
export async function checkDelete(bench: Bench): Promise<Outcome> {
  const { first, second, things, profile, parts, reading, writing: signal } = bench;
  const [doomed, kept] = [things.manifest(profile, parts), things.manifest(profile, parts)];
  await first.manifests.push(doomed, { signal });
  try {
    await first.manifests.delete(doomed.digest, { signal });
  } catch (error) {
    if (!isVitteError(error, 'PKG_E_STORAGE_ANSWER', 'PKG_E_FORBIDDEN')) throw error;
    return { status: 'missing', finding: 'delete-refused', error };
  }
  if (await second.manifests.resolve(doomed.digest, { signal: reading })) {
    return { status: 'missing', finding: 'delete-ignored' };
  }
  const tag = things.tag('untagged');
  await first.manifests.push(kept, { tag, signal });
  await first.manifests.untag([tag], { signal });
  const gone = (await second.manifests.resolve(tag, { signal: reading })) === undefined;
  const stays = await second.manifests.resolve(kept.digest, { signal: reading });
  if (!gone || !stays) return { status: 'missing', finding: 'delete-ignored' };
  // Where no tag can be deleted, it is moved to a placeholder, which is deleted.
  const direct = !bench.wire || bench.seen().some((exchange) => deletesTag(exchange));
  if (direct) return { status: 'ok', finding: 'deletes' };
  return { status: 'slower', finding: 'deletes-manifests' };
}

function deletesTag({ method, path, status }: Exchange): boolean {
  const byTag = method === 'DELETE' && /\/manifests\/[^/:]+$/.test(path);
  return byTag && status >= 200 && status < 300;
}

/** The manifest that `checkPush` left; without it nothing here is tried. */
function pushedOf({ pushed }: Bench) {
  if (!pushed) throw new VitteError('PKG_E_INTERNAL', 'nothing was pushed yet');
  return pushed;
}
