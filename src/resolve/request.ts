import { VitteError } from '../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { type PackageName, parsePackageName } from '../core/name.ts';
import { parseRequirement } from '../core/requirement.ts';
import { parseVersion } from '../core/version.ts';
import {
  minimumAgeSecondsMax,
  requestRowsMax,
  resolveModes,
  resolvePreferences,
  textLengthMax,
} from './limits.ts';
import type { DependencyRow, Named, ResolveRequest } from './port.ts';

/**
 * Reads the body of `POST /resolve` (resolve-request.json). Requirements and overrides may be a list of rows or an object
 * by name. Throws PKG_E_REQUEST with the member's name, PKG_E_PACKAGE_NAME, PKG_E_PACKAGE_VERSION, PKG_E_REQUIREMENT.
 */
export function parseResolveRequest(value: JsonValue): ResolveRequest {
  if (!isJsonObject(value)) throw wrong('the body', 'an object');
  const { root, mode, prefer, asOf, minimumAgeSeconds, target } = value;
  const request: ResolveRequest = { requirements: rows(value, 'requirements') };
  if (root !== undefined) request.root = parseRoot(root);
  if (mode !== undefined) request.mode = oneOf(resolveModes, mode, 'mode');
  if (prefer !== undefined) request.prefer = oneOf(resolvePreferences, prefer, 'prefer');
  if (value.locked !== undefined) request.locked = list(value, 'locked').map(parseNamed);
  if (value.overrides !== undefined) request.overrides = overrides(value);
  if (asOf !== undefined) request.asOf = parseTime(asOf, 'asOf');
  if (minimumAgeSeconds !== undefined) request.minimumAgeSeconds = parseAge(minimumAgeSeconds);
  if (target !== undefined) request.target = text(target, 'target');
  if (value.prereleases !== undefined) {
    request.prereleases = list(value, 'prereleases').map((name) =>
      parsePackageName(text(name, 'prereleases')),
    );
  }
  return request;
}

function parseRoot(value: JsonValue): NonNullable<ResolveRequest['root']> {
  if (!isJsonObject(value)) throw wrong('root', 'an object');
  const name = parsePackageName(text(value.name, 'root.name'));
  if (value.version === undefined) return { name };
  return { name, version: parseVersion(text(value.version, 'root.version')) };
}

function rows(body: JsonObject, member: string): DependencyRow[] {
  const value = body[member];
  if (!isJsonObject(value ?? null)) return list(body, member).map((row) => parseRow(row, member));
  const entries = Object.entries(value as JsonObject);
  if (entries.length > requestRowsMax) throw wrong(member, `at most ${requestRowsMax} rows`);
  return entries.map(([name, row]) =>
    parseRow(isJsonObject(row) ? { ...row, name } : { name, requirement: row }, member),
  );
}

function overrides(
  body: JsonObject,
): { name: PackageName; requirement: DependencyRow['requirement'] }[] {
  const found = rows(body, 'overrides').map(({ name, requirement }) => ({ name, requirement }));
  if (new Set(found.map(({ name }) => name)).size === found.length) return found;
  throw wrong('overrides', 'one row for a name');
}

function parseRow(value: JsonValue, member: string): DependencyRow {
  if (!isJsonObject(value)) throw wrong(member, 'rows with a name and a requirement');
  const { features, source, optional } = value;
  // It would be another package of that name, or one that nobody needs.
  if ((source ?? 'registry') !== 'registry') throw wrong(`${member}.source`, 'registry');
  if ((optional ?? false) !== false) throw wrong(`${member}.optional`, 'false');
  const row: DependencyRow = {
    name: parsePackageName(text(value.name, `${member}.name`)),
    requirement: parseRequirement(text(value.requirement, `${member}.requirement`)),
  };
  if (features === undefined) return row;
  const asked = list(value, 'features').map((feature) => text(feature, `${member}.features`));
  return asked.length > 0 ? { ...row, features: asked } : row;
}

function parseNamed(value: JsonValue): Named {
  if (!isJsonObject(value)) throw wrong('locked', 'rows with a name and a version');
  const name = parsePackageName(text(value.name, 'locked.name'));
  return { name, version: parseVersion(text(value.version, 'locked.version')) };
}

const timeForm = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** True for a time of RFC 3339, and for a day, which stands for its beginning in UTC. */
export function isResolveTime(text: string): boolean {
  const [, day = ''] = timeForm.exec(text) ?? [];
  if (day === '' || Number.isNaN(Date.parse(text))) return false;
  // The 30th of February would be a day in March.
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

function parseTime(value: JsonValue, member: string): string {
  const time = text(value, member);
  if (!isResolveTime(time)) throw wrong(member, 'a time (RFC 3339)');
  return time;
}

function parseAge(value: JsonValue): number {
  const isAge = typeof value === 'number' && value >= 0 && value <= minimumAgeSecondsMax;
  if (!isAge) throw wrong('minimumAgeSeconds', `a number from 0 to ${minimumAgeSecondsMax}`);
  return value;
}

function oneOf<T extends string>(allowed: readonly T[], value: JsonValue, member: string): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw wrong(member, `one of ${allowed.join(', ')}`);
  return found;
}

function list(body: JsonObject, member: string): JsonValue[] {
  const value = body[member];
  if (!Array.isArray(value)) throw wrong(member, 'a list');
  if (value.length > requestRowsMax) throw wrong(member, `at most ${requestRowsMax} rows`);
  return value;
}

function text(value: JsonValue | undefined, member: string): string {
  if (typeof value !== 'string' || value.length > textLengthMax) throw wrong(member, 'a string');
  return value;
}

function wrong(member: string, what: string): VitteError {
  return new VitteError('PKG_E_REQUEST', `${member} must be ${what}`);
}
