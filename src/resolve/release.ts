// A place in the order of versions: what SemVer compares, without the build metadata that it passes over.

export type Release = {
  major: number;
  minor: number;
  patch: number;
  /** Empty for a stable version. */
  prerelease: Prerelease;
};

export type Prerelease = readonly (string | number)[];

/** Below zero where `a` comes first, by SemVer's precedence. */
export function compareReleases(a: Release, b: Release): number {
  return (
    a.major - b.major ||
    a.minor - b.minor ||
    a.patch - b.patch ||
    comparePrereleases(a.prerelease, b.prerelease)
  );
}

function comparePrereleases(a: Prerelease, b: Prerelease): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let index = 0; ; index += 1) {
    const left = a[index];
    const right = b[index];
    if (left === undefined || right === undefined) return a.length - b.length;
    if (left === right) continue;
    if (typeof left !== typeof right) return typeof left === 'number' ? -1 : 1;
    return left < right ? -1 : 1;
  }
}

const stable: Prerelease = [];

/** The place of a version that was parsed before. */
export function releaseOf(version: string): Release {
  let major = 0;
  let minor = 0;
  let number = 0;
  let dots = 0;
  for (let index = 0; index < version.length; index += 1) {
    const code = version.charCodeAt(index);
    if (code >= 48 && code <= 57) number = number * 10 + code - 48;
    else if (code === 46) {
      if (dots++ === 0) major = number;
      else minor = number;
      number = 0;
    } else {
      return { major, minor, patch: number, prerelease: prereleaseOf(version.slice(index)) };
    }
  }
  return { major, minor, patch: number, prerelease: stable };
}

/** From `-rc.1+build`, or `+build` alone. */
function prereleaseOf(rest: string): Prerelease {
  const build = rest.indexOf('+');
  const identifiers = build < 0 ? rest.slice(1) : rest.slice(1, Math.max(build, 1));
  return build === 0 ? stable : readPrerelease(identifiers.split('.'));
}

/** Identifiers as they are compared: semver takes digits for a number, even where no double counts them exactly. */
export function readPrerelease(identifiers: Prerelease): Prerelease {
  return identifiers.map((identifier) => {
    return /^\d+$/.test(String(identifier)) ? Number(identifier) : identifier;
  });
}
