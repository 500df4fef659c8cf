import semver from 'semver';
import { VitteError } from './errors.ts';
import { requirementLengthMax } from './limits.ts';
import { compareVersions, type Version } from './version.ts';

/** A version requirement in one of Vitte's forms, as it was written. */
export type Requirement = string & { readonly __brand: 'Requirement' };

/**
 * Parses a requirement: npm's ranges, and Cargo's commas (`>=1.0, <2.0`); empty and `*` mean any; a bare full
 * version is exact. Throws PKG_E_REQUIREMENT.
 */
export function parseRequirement(text: string): Requirement {
  if (text.length > requirementLengthMax || rangeOf(text) === undefined) {
    throw new VitteError(
      'PKG_E_REQUIREMENT',
      `not a version requirement: ${JSON.stringify(text.slice(0, 100))}`,
      { help: 'requirements look like ^1.2.3, ~1.2, =1.2.5 or ">=1.2 <2.0"' },
    );
  }
  return text as Requirement;
}

/** True where the version is in the requirement; npm's rule for prereleases. */
export function satisfies(version: Version, requirement: Requirement): boolean {
  return rangeOf(requirement)?.test(version) ?? false;
}

/** The highest of the versions that satisfies. */
export function highestSatisfying<T extends { version: Version }>(
  versions: Iterable<T>,
  requirement: Requirement,
): T | undefined {
  const range = rangeOf(requirement);
  let best: T | undefined;
  for (const candidate of versions) {
    if (!range?.test(candidate.version)) continue;
    if (best === undefined || compareVersions(candidate.version, best.version) > 0)
      best = candidate;
  }
  return best;
}

function rangeOf(text: string): semver.Range | undefined {
  // Line ends and the like, which semver takes for spaces, would travel into documents and lists.
  if (!/^[\x20-\x7e]*$/.test(text)) return undefined;
  try {
    return new semver.Range(text.split('||').map(withoutCommas).join('||'));
  } catch {
    return undefined;
  }
}

/** A comma joins requirements, of which each must be one, so none hangs; npm writes a space between comparators. */
function withoutCommas(alternative: string): string {
  const parts = alternative.split(',').map((part) => part.trim());
  if (parts.length === 1) return alternative;
  if (parts.includes('')) throw new TypeError('a comma with nothing on one side');
  return parts.map((part) => new semver.Range(part).range).join(' ');
}
