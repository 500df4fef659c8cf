import { randomBytes } from 'node:crypto';
import type { Digest } from '../../core/digest.ts';
import { isVitteError, VitteError } from '../../core/errors.ts';
import { collect } from '../content.ts';
import type { BlobStore } from '../port.ts';
import type { Bench, Outcome } from './bench.ts';

const pieceBytes = 64 * 1024;
const smallestBytes = 64 * 1024;

/** A blob, a manifest over it, and a tag: what a package is made of. */
export async function checkPush(bench: Bench): Promise<Outcome> {
  try {
    return await push(bench);
  } catch (error) {
    const missing = bench.seen().flatMap(({ method, path, status }) => {
      const name = /^\/v2\/(.+)\/blobs\/uploads\/$/.exec(path)?.[1];
      return method === 'POST' && status === 404 && name !== undefined ? name : [];
    });
    const [repository] = missing;
    if (!isVitteError(error) || repository === undefined) throw error;
    return { status: 'failed', finding: 'no-repository', repository, error };
  }
}

async function push(bench: Bench): Promise<Outcome> {
  const { first, second, things, limits, reading, writing: signal, profiles } = bench;
  const [config, layer] = [things.blob(64), things.blob(limits.pushedBytes)];
  for (const { descriptor, bytes } of [config, layer]) {
    await first.blobs.push(descriptor, bytes, { signal });
  }
  bench.parts = [config.descriptor, layer.descriptor];
  const tag = things.tag('pushed');
  let refusal: unknown;
  for (const profile of profiles) {
    const manifest = things.manifest(profile, bench.parts);
    try {
      await first.manifests.push(manifest, { tag, signal });
    } catch (error) {
      if (!isVitteError(error, 'PKG_E_STORAGE_ANSWER')) throw error;
      refusal ??= error;
      continue;
    }
    bench.profile = profile;
    bench.pushed = manifest;
    const found = await second.manifests.fetch(tag, { signal: reading });
    if (found?.descriptor.digest !== manifest.digest) throw lost('the manifest that was pushed');
    if (refusal === undefined) return { status: 'ok', finding: 'pushed' };
    return { status: 'missing', finding: 'known-types-only' };
  }
  throw refusal;
}

/** How an upload of unknown length is taken: that is how packages come in. */
export async function checkChunks(bench: Bench): Promise<Outcome> {
  const bytes = bench.limits.streamedBytes;
  const refusal = await stageOne(bench, bytes);
  if (!refusal) {
    const pieces = bench.seen().filter(({ method }) => method === 'PATCH').length;
    if (pieces <= 1) return { status: 'ok', finding: 'one-piece', bytes };
    return { status: 'slower', finding: 'pieces', bytes, pieces };
  }
  for (
    let smaller = Math.floor(bytes / 2);
    smaller >= smallestBytes;
    smaller = Math.floor(smaller / 2)
  ) {
    if (await stageOne(bench, smaller)) continue;
    return { status: 'failed', finding: 'too-large', bytes, taken: smaller, error: refusal };
  }
  return { status: 'failed', finding: 'error', error: refusal };
}

/** Streams so many bytes; gives what the storage said against it. */
async function stageOne({ first, things, writing: signal }: Bench, bytes: number) {
  try {
    const staged = await first.blobs.stage(randomPieces(bytes), { signal });
    things.note(staged.digest);
    await staged.commit({ signal });
    return undefined;
  } catch (error) {
    if (isVitteError(error, 'PKG_E_STORAGE_ANSWER', 'PKG_E_STORAGE_UNAVAILABLE')) return error;
    throw error;
  }
}

/** What was pushed is read back, whole and in part. */
export async function checkRead(bench: Bench): Promise<Outcome> {
  const { second, parts, limits, reading: signal } = bench;
  const layer = parts[1];
  if (!layer) throw lost('the blob that was pushed');
  const whole = await readBlob(second.blobs, layer.digest, limits.pushedBytes, signal);
  const redirect = bench.seen().find((exchange) => exchange.redirect !== undefined)?.redirect;
  const from = redirect === undefined ? {} : { redirect };
  const range = { first: 1000, last: 1999 };
  try {
    const part = await second.blobs.fetch(layer.digest, { range, signal });
    const bytes = part && (await collect(part.body, limits.pushedBytes));
    const right = bytes && Buffer.compare(bytes, whole.subarray(range.first, range.last + 1)) === 0;
    if (right) return { status: 'ok', finding: 'ranges', ...from };
  } catch (error) {
    if (!isVitteError(error, 'PKG_E_STORAGE_ANSWER', 'PKG_E_RANGE', 'PKG_E_INTEGRITY')) throw error;
  }
  return { status: 'missing', finding: 'no-ranges', ...from };
}

async function readBlob(blobs: BlobStore, digest: Digest, bytesMax: number, signal: AbortSignal) {
  const blob = await blobs.fetch(digest, { signal });
  if (!blob) throw lost('the blob that was pushed');
  return collect(blob.body, bytesMax);
}

async function* randomPieces(bytes: number): AsyncGenerator<Uint8Array> {
  for (let left = bytes; left > 0; left -= pieceBytes)
    yield randomBytes(Math.min(left, pieceBytes));
}

function lost(what: string) {
  return new VitteError('PKG_E_STORAGE_ANSWER', `the storage does not give back ${what}`);
}
