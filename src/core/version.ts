import semver from 'semver';
import { VitteError } from './errors.ts';
import { compareCodePoints } from './json.ts';
import { tagLengthMax, versionLengthMax } from './limits.ts';

/** A SemVer 2.0.0 version, without a leading `v`, build metadata kept. */
export type Version = string & { readonly __brand: 'Version' };

const versionForm = /^\d[0-9A-Za-z.+-]*$/;

/** Parses a version from outside; `v1.2.3` is taken and normalised. Throws PKG_E_PACKAGE_VERSION. */
export function parseVersion(text: string): Version {
  const digits = text.startsWith('v') ? text.slice(1) : text;
  if (text.length > versionLengthMax || !isVersion(digits)) {
    throw new VitteError(
      'PKG_E_PACKAGE_VERSION',
      `not a semantic version: ${JSON.stringify(text.slice(0, 100))}`,
      { help: 'versions look like 1.2.3, 1.2.3-beta.1 or 1.2.3+build.7' },
    );
  }
  return digits;
}

/** True where parseVersion would give this very text. */
export function isVersion(text: string): text is Version {
  // The form comes first: semver trims white space, and takes `=` and `v`, before it parses.
  return text.length <= versionLengthMax && versionForm.test(text) && semver.parse(text) !== null;
}

/** Orders by SemVer precedence, then by build metadata; 0 for equal texts alone, so that the order is total. */
export function compareVersions(a: Version, b: Version): number {
  // semver holds `+01` and `+1` equal, and numbers in a prerelease that no double tells apart.
  return semver.compareBuild(a, b) || compareCodePoints(a, b);
}

export function isPrerelease(version: Version): boolean {
  return semver.prerelease(version) !== null;
}

/** The version without its build metadata: two versions with the same core are the same release. */
export function versionCore(version: Version): string {
  return version.replace(/\+.*$/, '');
}

/**
 * The OCI tag of a version: `+` as `_`, which no version contains. Throws PKG_E_PACKAGE_VERSION where the tag
 * would pass `lengthMax` characters; a storage's encoding may take some of the 128 that a tag has.
 */
export function versionTag(version: Version, lengthMax = tagLengthMax): string {
  if (version.length > lengthMax) {
    throw new VitteError(
      'PKG_E_PACKAGE_VERSION',
      `version ${version.slice(0, 40)}… is over the ${lengthMax} characters of an OCI tag`,
    );
  }
  return version.replace('+', '_');
}

/** The version that a tag stands for (whose `versionTag` is this tag), or undefined where it is none of ours. */
export function versionOfTag(tag: string): Version | undefined {
  if (tag.length > tagLengthMax || tag.includes('+')) return undefined;
  const text = tag.replace('_', '+');
  return isVersion(text) ? text : undefined;
}

/**
 * The version that a name without one means: the highest stable one not yanked, else the highest prerelease
 * not yanked, else undefined.
 */
export function latestVersion<T extends { version: Version; yanked: boolean }>(
  versions: Iterable<T>,
): T | undefined {
  let best: T | undefined;
  for (const candidate of versions) {
    if (candidate.yanked) continue;
    if (best === undefined || ranksAbove(candidate.version, best.version)) best = candidate;
  }
  return best;
}

function ranksAbove(a: Version, b: Version): boolean {
  const stable = Number(!isPrerelease(a)) - Number(!isPrerelease(b));
  return stable !== 0 ? stable > 0 : compareVersions(a, b) > 0;
}
