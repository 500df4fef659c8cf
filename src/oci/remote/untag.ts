import { randomUUID } from 'node:crypto';
import { emptyContent, emptyDescriptor } from '../../core/descriptor.ts';
import { annotations, mediaTypes } from '../../core/media-types.ts';
import { checkTag } from '../names.ts';
import { packManifest } from '../pack.ts';
import type { BlobStore, CallOptions, ManifestStore } from '../port.ts';
import { unexpected } from './client.ts';
import { deleting, type RemoteContext } from './context.ts';
import { storageError } from './errors.ts';

export type UntagParts = {
  context: RemoteContext;
  repository: string;
  blobs: BlobStore;
  manifests: ManifestStore;
};

/**
 * Removes tags. docker-registry 2.8 deletes by digest alone, and with a manifest all tags that name it: there the
 * tags are moved to a placeholder of their own, which is deleted. (regclient does it so.) Before a tag is moved, one
 * placeholder is deleted for a try, so that nothing changes where deletion is off; PKG_E_STORAGE_ANSWER then.
 */
export async function removeTags(
  parts: UntagParts,
  tags: readonly string[],
  options: CallOptions = {},
): Promise<void> {
  for (const tag of tags) checkTag(tag);
  const left: string[] = [];
  for (const tag of tags) if (!(await deleteTag(parts, tag, options))) left.push(tag);
  const standing: string[] = [];
  for (const tag of left) if (await parts.manifests.resolve(tag, options)) standing.push(tag);
  if (standing.length === 0) return;
  await deletePlaceholder(parts, [], options);
  await deletePlaceholder(parts, standing, options);
}

/** False where the registry deletes no tags: 405 as the specification says, 400 for a reference that is no digest. */
async function deleteTag(
  { context, repository }: UntagParts,
  tag: string,
  { signal }: CallOptions,
): Promise<boolean> {
  const request = {
    what: `remove a tag of ${repository}`,
    ...deleting(repository),
    method: 'DELETE',
    url: context.url(repository, `manifests/${tag}`),
    signal,
  } as const;
  const answer = await context.client.exchange(request);
  if ([200, 202, 204, 404].includes(answer.status)) return true;
  if (answer.status === 400 || answer.status === 405) return false;
  throw unexpected(answer, request);
}

/** Pushes a manifest that nobody else has, points the tags at it, and deletes it. */
async function deletePlaceholder(
  { repository, blobs, manifests }: UntagParts,
  tags: readonly string[],
  options: CallOptions,
): Promise<void> {
  await blobs.push(emptyDescriptor, emptyContent, options);
  const placeholder = packManifest({
    artifactType: mediaTypes.untagged,
    layers: [],
    annotations: { [annotations.title]: randomUUID() },
  });
  await manifests.push(placeholder, options);
  for (const tag of tags) await manifests.push(placeholder, { ...options, tag });
  if (await manifests.delete(placeholder.digest, options)) return;
  const what = `remove a tag of ${repository}`;
  throw storageError('PKG_E_STORAGE_ANSWER', what, 'it deletes neither tags nor manifests');
}
