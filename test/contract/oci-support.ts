import { randomBytes } from 'node:crypto';
import * as assert from 'uvu/assert';
import { type Descriptor, emptyContent, emptyDescriptor } from '../../src/core/descriptor.ts';
import { sha256 } from '../../src/core/digest.ts';
import { type ErrorCode, VitteError } from '../../src/core/errors.ts';
import { type PackedManifest, packManifest } from '../../src/oci/pack.ts';
import type { Registry, Repository } from '../../src/oci/port.ts';

export type OpenRegistry = () => Promise<{ registry: Registry; close(): Promise<void> }>;

/**
 * What a registry of others or a view may do otherwise than the port says, each named where it is tested:
 * `torn-delete`: a manifest that is deleted and pushed under a tag at once may leave the tag alone;
 * `blob-as-manifest`: asking for a blob as if it were a manifest is an error, not an answer;
 * `shared-content`: repositories share their content, so that a blob is in all of them and deleted in none;
 * `tags-stay`: a deleted manifest is still found under its tags;
 * `blobs-everywhere`: a blob of one repository is in all of them, and is deleted in all of them;
 * `plain-uploads`: an upload takes chunks of a told place alone, and tells nothing of itself.
 */
export type RegistryException =
  | 'torn-delete'
  | 'blob-as-manifest'
  | 'shared-content'
  | 'tags-stay'
  | 'blobs-everywhere'
  | 'plain-uploads';

/** Runs one case on a registry of its own. */
export type WithRegistry = (
  work: (registry: Registry, repository: Repository) => Promise<void>,
) => () => Promise<void>;

/** Content and the descriptor that names it. */
export function blobOf(bytes: Uint8Array): { target: Descriptor; bytes: Uint8Array } {
  const mediaType = 'application/octet-stream';
  return { target: { mediaType, digest: sha256(bytes), size: bytes.length }, bytes };
}

export function randomBlob(size: number) {
  return blobOf(randomBytes(size));
}

export async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

export async function listAll<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** A manifest that no other has, with its blobs pushed; registries refuse one whose blobs are missing. */
export async function pushedManifest(
  repository: Repository,
  parts: { mark: string; artifactType?: string; subject?: Descriptor; tag?: string },
): Promise<PackedManifest & { descriptor: Descriptor }> {
  const manifest = await packed(repository, parts);
  const tag = parts.tag === undefined ? {} : { tag: parts.tag };
  const descriptor = await repository.manifests.push(manifest, tag);
  return { ...manifest, descriptor };
}

/** The same, with the manifest itself not pushed. */
export async function packed(
  { blobs }: Repository,
  parts: { mark: string; artifactType?: string; subject?: Descriptor },
): Promise<PackedManifest> {
  await blobs.push(emptyDescriptor, emptyContent);
  const { mark, artifactType = 'application/vnd.example.thing', subject } = parts;
  return packManifest({
    artifactType,
    layers: [],
    annotations: { mark },
    ...(subject ? { subject } : {}),
  });
}

/** Waits for a rejection with one of our codes. */
export async function rejectsWith(code: ErrorCode, work: Promise<unknown>): Promise<VitteError> {
  const error = await work.then(
    () => assert.unreachable(`resolved instead of ${code}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof VitteError)) throw error;
  assert.is(error.code, code);
  return error;
}

/** Waits for a rejection with this very value. */
export async function rejectsAs(reason: unknown, work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    () => assert.unreachable('resolved instead of rejecting'),
    (thrown: unknown) => thrown,
  );
  assert.is(error, reason);
}

/** A source that gives one piece and then nothing more; `stalled` resolves when it is asked for the next. */
export function stallingSource(first: Uint8Array) {
  let tell = () => {};
  const stalled = new Promise<void>((resolve) => {
    tell = resolve;
  });
  async function* source() {
    yield first;
    tell();
    await new Promise<never>(() => {});
  }
  return { source: source(), stalled };
}

export async function* piecesOf(...pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

export async function* failingSource(first: Uint8Array, error: Error): AsyncGenerator<Uint8Array> {
  yield first;
  throw error;
}
