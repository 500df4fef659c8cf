import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import { packagePath } from './package-path.ts';
import { type ApiParts, apiPrefix } from './route.ts';

/** The address of something below the API's prefix. */
export function linkTo(parts: ApiParts, path: string): string {
  return `${parts.publicUrl()}${apiPrefix}${path}`;
}

/** The addresses of what belongs to a version. */
export function versionLinks(
  parts: ApiParts,
  { name, version, readme }: { name: PackageName; version: Version; readme?: unknown },
) {
  const base = linkTo(parts, packagePath(name, version));
  return {
    download: `${base}/download`,
    signatures: `${base}/signatures`,
    ...(readme === undefined ? {} : { readme: `${base}/readme` }),
    package: linkTo(parts, packagePath(name)),
  };
}
