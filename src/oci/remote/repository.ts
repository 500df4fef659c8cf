import type { Repository } from '../port.ts';
import { openRemoteBlobs } from './blobs.ts';
import type { RemoteContext } from './context.ts';
import { openRemoteManifests } from './manifests.ts';
import type { Referrers } from './referrers.ts';
import { listTags } from './tags.ts';
import { openUploadRelay } from './upload-relay.ts';

/** One repository of a remote registry. PKG_E_REPOSITORY_NAME. */
export function openRemoteRepository(
  context: RemoteContext,
  referrers: Referrers,
  name: string,
): Repository {
  const repository = context.fullName(name);
  const blobs = openRemoteBlobs(context, repository);
  return {
    name,
    registry: context,
    blobs,
    manifests: openRemoteManifests(context, referrers, blobs, repository),
    uploads: openUploadRelay(context, repository),
    tags: (options) => listTags(context, repository, options),
    referrers: (subject, options = {}) => referrers.list(repository, subject, options),
  };
}
