import { VitteError } from '../core/errors.ts';
import { checkReference, parseRepositoryName, type RepositoryName } from './names.ts';
import type { Reference } from './port.ts';

/** What `localhost:5000/team/app:v1` names. */
export type ArtifactReference = {
  /** Host, with its port where one is said. */
  registry: string;
  repository: RepositoryName;
  /** The tag or digest, where one is said; of `NAME:TAG@DIGEST` the digest. */
  reference: Reference | undefined;
};

const registryForm =
  /^(?:\[[0-9a-fA-F:.]+\]|[0-9A-Za-z](?:[0-9A-Za-z.-]*[0-9A-Za-z])?)(?::\d{1,5})?$/;

/**
 * Parses `REGISTRY/REPOSITORY`, `…:TAG`, `…@DIGEST` and `…:TAG@DIGEST`; the registry is always named. Throws
 * PKG_E_REPOSITORY_NAME, PKG_E_TAG.
 */
export function parseReference(text: string): ArtifactReference {
  const slash = text.indexOf('/');
  const registry = text.slice(0, Math.max(slash, 0));
  if (!registryForm.test(registry)) {
    throw new VitteError(
      'PKG_E_REPOSITORY_NAME',
      `not REGISTRY/REPOSITORY: ${JSON.stringify(text.slice(0, 160))}`,
      { help: 'such as localhost:5000/team/app:v1' },
    );
  }
  const [, name = '', tag, digest] =
    /^([^:@]*)(?::([^@]*))?(?:@(.*))?$/s.exec(text.slice(slash + 1)) ?? [];
  const reference = digest ?? tag;
  for (const stated of [tag, digest]) if (stated !== undefined) checkReference(stated);
  return { registry, repository: parseRepositoryName(name), reference };
}
