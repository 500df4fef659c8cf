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

/** One condition of a requirement: a version stands in this relation to that of the comparator. */
export type Comparator = {
  operator: '<' | '<=' | '>' | '>=' | '=';
  version: {
    major: number;
    minor: number;
    patch: number;
    prerelease: readonly (string | number)[];
  };
};

/**
 * A requirement with npm's short forms written out: alternatives, of which one must hold with all its comparators (none:
 * any version). What that says of prereleases is for the caller to apply, as `satisfies` does: without `prereleases` one
 * is in an alternative only where a comparator names a prerelease of the same three numbers; with it they count as
 * versions like any other, and `1.x` begins at `1.0.0-0`.
 */
export function comparatorsOf(
  requirement: Requirement,
  options: { prereleases?: boolean } = {},
): Comparator[][] {
  const range = rangeOf(requirement, { includePrerelease: options.prereleases ?? false });
  if (!range) throw new TypeError(`not a parsed requirement: ${requirement}`);
  return range.set.map((alternative) =>
    alternative
      // The comparator that takes everything has no text.
      .filter(({ value }) => value !== '')
      .map(({ operator, semver: version }) => ({ operator: operator || '=', version })),
  );
}

function rangeOf(text: string, options?: semver.RangeOptions): semver.Range | undefined {
  // Line ends and the like, which semver takes for spaces, would travel into documents and lists.
  if (!/^[\x20-\x7e]*$/.test(text)) return undefined;
  try {
    const alternatives = text.split('||').map((part) => withoutCommas(part, options));
    return new semver.Range(alternatives.join('||'), options);
  } catch {
    return undefined;
  }
}

/** A comma joins requirements, of which each must be one, so none hangs; npm writes a space between comparators. */
function withoutCommas(alternative: string, options?: semver.RangeOptions): string {
  const parts = alternative.split(',').map((part) => part.trim());
  if (parts.length === 1) return alternative;
  if (parts.includes('')) throw new TypeError('a comma with nothing on one side');
  return parts.map((part) => new semver.Range(part, options).range).join(' ');
}
