import { VitteError } from '../core/errors.ts';
import { isPackageName, type PackageName } from '../core/name.ts';
import { compareVersions, isVersion, type Version } from '../core/version.ts';

/** A place in a list of dependents. */
export type DependentPlace = { depth: number; name: PackageName; version: Version };

/** Negative where `a` comes first. Names are ASCII, where `<` is code point order. */
export function comparePlaces(a: DependentPlace, b: DependentPlace): number {
  if (a.depth !== b.depth) return a.depth - b.depth;
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return compareVersions(a.version, b.version);
}

/** A place as a cursor holds it. */
export function placeText({ depth, name, version }: DependentPlace): string {
  return `${depth} ${name} ${version}`;
}

/** The place that `placeText` gave as this. Throws PKG_E_REQUEST. */
export function parsePlace(text: string): DependentPlace {
  const [, depth = '', name = '', version = ''] = /^(\d{1,4}) (\S+) (\S+)$/.exec(text) ?? [];
  if (isPackageName(name) && isVersion(version)) return { depth: Number(depth), name, version };
  throw new VitteError('PKG_E_REQUEST', 'the cursor is not one that this list gave', {
    help: 'take the next page from "next", with the other parameters unchanged; or start without a cursor',
    data: { parameter: 'cursor' },
  });
}
