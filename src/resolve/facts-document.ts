import { VitteError } from '../core/errors.ts';
import { type PackageName, parsePackageName } from '../core/name.ts';
import { parseRequirement } from '../core/requirement.ts';
import { isVersion } from '../core/version.ts';
import type { PackageFacts } from './port.ts';

/** Texts kept as read, of each kind; many packages have the same ones. */
const textsMax = 50_000;
const versions = new Set<string>();
const requirements = new Set<string>();
const names = new Set<string>();

/**
 * Facts from an index document (`GET /index/NAME`) that came from outside, or was kept in a cache: the same object, of
 * which all that the solver reads was checked. Members it does not know are left alone. Throws PKG_E_DOCUMENT.
 */
export function factsOfDocument(document: unknown, name: PackageName): PackageFacts {
  const wrong = (where: string, cause?: unknown) =>
    new VitteError('PKG_E_DOCUMENT', `the index document of ${name} is malformed: ${where}`, {
      cause,
    });
  const root = fields(document, 'it');
  if (root.name !== name) throw wrong('it is that of another package');
  for (const [index, value] of list(root.versions, 'versions').entries()) {
    const where = `versions.${index}`;
    const version = fields(value, where);
    once(versions, version.version, `${where}.version`, (text) => {
      if (!isVersion(text)) throw new TypeError('not a version');
    });
    text(version.digest ?? '', `${where}.digest`);
    const publishedAt = text(version.publishedAt ?? '', `${where}.publishedAt`);
    if (publishedAt !== '' && Number.isNaN(Date.parse(publishedAt))) throw wrong(where);
    flag(version.yanked, `${where}.yanked`);
    flag(version.sources, `${where}.sources`);
    texts(version.targets, `${where}.targets`);
    for (const row of list(version.dependencies ?? [], `${where}.dependencies`)) {
      const dependency = fields(row, `${where}.dependencies`);
      const { name: on, requirement, features, optional, source } = dependency;
      once(names, on, `${where}.dependencies`, parsePackageName);
      once(requirements, requirement, `${where}.dependencies`, parseRequirement);
      texts(features, `${where}.dependencies`);
      flag(optional, `${where}.dependencies`);
      text(source ?? '', `${where}.dependencies`);
    }
    for (const entries of Object.values(fields(version.features ?? {}, `${where}.features`))) {
      texts(entries, `${where}.features`);
    }
  }
  return document as PackageFacts;

  function fields(value: unknown, where: string): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(where);
    return value as Record<string, unknown>;
  }

  function list(value: unknown, where: string): unknown[] {
    if (!Array.isArray(value)) throw wrong(where);
    return value;
  }

  function texts(value: unknown, where: string) {
    for (const item of list(value ?? [], where)) text(item, where);
  }

  function text(value: unknown, where: string): string {
    if (typeof value !== 'string') throw wrong(where);
    return value;
  }

  function flag(value: unknown, where: string) {
    if (value !== undefined && typeof value !== 'boolean') throw wrong(where);
  }

  function once(
    seen: Set<string>,
    value: unknown,
    where: string,
    check: (text: string) => unknown,
  ) {
    const found = text(value, where);
    if (seen.has(found)) return;
    try {
      check(found);
    } catch (cause) {
      throw wrong(where, cause);
    }
    if (seen.size >= textsMax) seen.clear();
    seen.add(found);
  }
}
