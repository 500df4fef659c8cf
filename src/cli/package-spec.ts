import type { RegistryClient, VersionAnswer } from '../client/port.ts';
import { isVitteError } from '../core/errors.ts';
import { type PackageName, parsePackageName } from '../core/name.ts';
import { highestSatisfying, parseRequirement, type Requirement } from '../core/requirement.ts';
import {
  isVersion,
  latestVersion,
  parseVersion,
  type Version,
  versionCore,
} from '../core/version.ts';
import type { Invocation } from './command.ts';
import { spoken } from './spoken-error.ts';

/** What `NAME[@REQ]` means: a name, and a version, a requirement, or neither. */
export type PackageSpec = {
  name: PackageName;
  exact: Version | undefined;
  requirement: Requirement | undefined;
};

/** Splits `NAME[@REQ]`; `wanted` is empty where nothing is. Throws PKG_E_PACKAGE_NAME. */
export function splitPackageSpec(text: string): { name: PackageName; wanted: string } {
  const at = text.indexOf('@');
  return {
    name: parsePackageName(at < 0 ? text : text.slice(0, at)),
    wanted: at < 0 ? '' : text.slice(at + 1).trim(),
  };
}

/** Parses `NAME[@REQ]`. Throws PKG_E_PACKAGE_NAME, PKG_E_REQUIREMENT. */
export function parsePackageSpec(text: string): PackageSpec {
  const { name, wanted } = splitPackageSpec(text);
  if (wanted === '') return { name, exact: undefined, requirement: undefined };
  const bare = wanted.replace(/^=\s*/, '').replace(/^v(?=\d)/, '');
  if (isVersion(bare)) return { name, exact: parseVersion(bare), requirement: undefined };
  return { name, exact: undefined, requirement: parseRequirement(wanted) };
}

/**
 * The version that is meant: an exact one, yanked or not; else the highest that satisfies and is not yanked;
 * without a requirement the latest. Throws PKG_E_NOT_FOUND, and PKG_E_DEPENDENCY_VERSION where nothing
 * satisfies.
 */
export async function pickVersion(
  client: RegistryClient,
  spec: PackageSpec,
  { messages, signal }: Pick<Invocation, 'messages' | 'signal'>,
): Promise<VersionAnswer> {
  const { name, exact, requirement } = spec;
  if (exact !== undefined) {
    try {
      return await client.versionInfo(name, exact, { signal });
    } catch (error) {
      // 1.2.0 also means 1.2.0+build.7: no two versions of a package differ in build metadata alone.
      if (!isVitteError(error, 'PKG_E_NOT_FOUND') || exact.includes('+')) throw error;
      const { versions } = await client.packageInfo(name, { signal });
      const same = versions.find(({ version }) => versionCore(version) === exact);
      if (same === undefined) throw error;
      return client.versionInfo(name, same.version, { signal });
    }
  }
  const { versions } = await client.packageInfo(name, { signal });
  const standing = versions.filter(({ yanked }) => !yanked);
  const best =
    requirement === undefined ? latestVersion(standing) : highestSatisfying(standing, requirement);
  if (best) return client.versionInfo(name, best.version, { signal });
  const { pick } = messages;
  const why =
    requirement === undefined || standing.length === 0
      ? pick.allYanked(name)
      : pick.none(name, requirement);
  throw spoken('PKG_E_DEPENDENCY_VERSION', why, { help: pick.seeVersions(name) });
}
