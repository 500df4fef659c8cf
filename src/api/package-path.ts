// Paths of packages: `/packages/NAME`, `/packages/NAMESPACE/NAME`, each with `/VERSION` and more behind it. A name
// begins with a letter and a version with a digit, so the form of a segment says what it is and no route takes a
// name away; what belongs to a package stands behind `/-/`.
import { VitteError } from '../core/errors.ts';
import { type PackageName, parsePackageName } from '../core/name.ts';
import { parseVersion, type Version } from '../core/version.ts';

const segment = '[^/]*';
/** Begins with a digit, or with `v` and a digit and has a dot, which no name has: `v1.2.3`, but not `v8`. */
const versionLike = `(?:\\d|v\\d[^/]*\\.)${segment}`;
const name = `${segment}(?:/(?!${versionLike}(?:/|$)|-(?:/|$))${segment})?`;
/** A last segment is a version where it looks like one, or where a full name stands before it. */
const lastVersion = `(?!(?:download|readme|signatures|yank|dependencies|-)$)${segment}`;
const hasVersion = `(?=${segment}/(?:${versionLike}$|${segment}/))`;

/**
 * The pattern of a path template's requests, one group for each parameter. It takes malformed names and versions
 * too, so that parsing can say what is wrong with them. It matches the path as it was sent, still encoded.
 */
export function pathPattern(template: string): RegExp {
  const source = template
    .replace(/[.]/g, '\\.')
    .replace('/{name}/{version}', (found, at: number) => {
      const last = at + found.length === template.length;
      return last ? `/${hasVersion}(${name})/(${lastVersion})` : `/(${name})/(${segment})`;
    })
    .replace('{name}', `(${name})`)
    .replace('{file}', `(${segment})`)
    .replace('{account}', `(${segment})`);
  return new RegExp(`^${source}$`);
}

/** The name in a path. Throws PKG_E_PACKAGE_NAME, or PKG_E_REQUEST for broken percent-encoding. */
export function nameInPath(raw: string): PackageName {
  const parts = raw.split('/').map(decodeSegment);
  const slashed = parts.find((part) => part.includes('/'));
  if (slashed !== undefined) {
    throw new VitteError(
      'PKG_E_PACKAGE_NAME',
      'a slash inside a path segment is no part of a name',
      {
        help: 'write a namespaced name as two segments: /packages/roussov/vitte-math',
      },
    );
  }
  return parsePackageName(parts.join('/'));
}

/** The version in a path. Throws PKG_E_PACKAGE_VERSION, or PKG_E_REQUEST for broken percent-encoding. */
export function versionInPath(raw: string): Version {
  return parseVersion(decodeSegment(raw));
}

/** The path of a package or version below the API's prefix, encoded. */
export function packagePath(packageName: PackageName, version?: Version): string {
  const path = `/packages/${packageName}`;
  return version === undefined ? path : `${path}/${encodeURIComponent(version)}`;
}

/** Any other segment of a path, decoded. Throws PKG_E_REQUEST for broken percent-encoding. */
export function segmentOf(raw: string): string {
  return decodeSegment(raw);
}

function decodeSegment(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch (cause) {
    throw new VitteError('PKG_E_REQUEST', 'the path is not valid percent-encoded UTF-8', { cause });
  }
}
