import { isOciDigest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { tagLengthMax } from '../core/limits.ts';
import type { Reference } from './port.ts';

/** A repository name in the form of the distribution specification: it cannot leave a folder or a URL's path. */
export type RepositoryName = string & { readonly __brand: 'RepositoryName' };

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests, one part of `<name>`. */
const partForm = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagForm = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

/** The whole name. Registries and file systems take no more. */
const repositoryNameLengthMax = 255;

/** Parses a repository name. Throws PKG_E_REPOSITORY_NAME. */
export function parseRepositoryName(text: string): RepositoryName {
  if (isRepositoryName(text)) return text;
  throw new VitteError(
    'PKG_E_REPOSITORY_NAME',
    `not an OCI repository name: ${JSON.stringify(text.slice(0, 160))}`,
  );
}

/** True where parseRepositoryName would give a name. */
export function isRepositoryName(text: string): text is RepositoryName {
  const fits = text.length <= repositoryNameLengthMax;
  return fits && text.split('/').every((part) => partForm.test(part));
}

/** True for a tag in the form of the distribution specification. */
export function isTag(text: string): boolean {
  return text.length <= tagLengthMax && tagForm.test(text);
}

/** Throws PKG_E_TAG for what no registry takes as a tag. */
export function checkTag(text: string): void {
  if (!isTag(text)) {
    throw new VitteError('PKG_E_TAG', `not an OCI tag: ${JSON.stringify(text.slice(0, 160))}`);
  }
}

/** Throws PKG_E_TAG for what is neither a digest nor a tag. */
export function checkReference(reference: Reference): void {
  if (!isOciDigest(reference)) checkTag(reference);
}
