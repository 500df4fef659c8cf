import { join } from 'node:path';
import { algorithmOf, type Digest, type DigestAlgorithm, hexOf } from '../core/digest.ts';
import type { RepositoryName } from './names.ts';

/** Names of a layout's own files. https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md */
export const layoutFile = 'oci-layout';
export const indexFile = 'index.json';

/** In the store's folder, beside the repositories. No repository name begins with a dot. */
export const uploadsFolder = '.uploads';
export const lockFolderName = '.lock';

/**
 * A repository within another one's layout, where a file of that layout has the same path. The folder `blobs` is
 * not among them: it can be a layout as well, since neither has a file that the other one has.
 */
const takenForm =
  /\/(?:oci-layout|index\.json|blobs\/sha256\/[0-9a-f]{64}|blobs\/sha512\/[0-9a-f]{128})$/;

/**
 * The folder of a repository: its name below the root. Where another layout may have a file of that name, the
 * part gets a `_` in front, which no name can begin with: `roussov/oci-layout` lies in `roussov/_oci-layout`.
 */
export function repositoryFolder(root: string, name: RepositoryName): string {
  const parts = name.split('/');
  return join(
    root,
    ...parts.map((part, index) =>
      takenForm.test(parts.slice(0, index + 1).join('/')) ? `_${part}` : part,
    ),
  );
}

export function blobsFolder(folder: string, algorithm: DigestAlgorithm = 'sha256'): string {
  return join(folder, 'blobs', algorithm);
}

export function blobPath(folder: string, digest: Digest): string {
  return join(blobsFolder(folder, algorithmOf(digest)), hexOf(digest));
}
