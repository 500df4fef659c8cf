// What the words and options of `registry resolve` ask for.
import { resolve as resolvePath } from 'node:path';
import { isVitteError } from '../core/errors.ts';
import { isJsonObject, type JsonValue, parseJson } from '../core/json.ts';
import { type PackageName, parsePackageName } from '../core/name.ts';
import { parseRequirement, type Requirement } from '../core/requirement.ts';
import { parseVersion } from '../core/version.ts';
import { minimumAgeSecondsMax, textLengthMax } from '../resolve/limits.ts';
import type { Named, ResolveRequest } from '../resolve/port.ts';
import { isResolveTime } from '../resolve/request.ts';
import type { Invocation } from './command.ts';
import { splitPackageSpec } from './package-spec.ts';
import { readSmallFile } from './small-file.ts';
import { spoken, usageError } from './spoken-error.ts';

const lockedBytesMax = 64 * 1024 * 1024;

/**
 * The request. Throws PKG_E_COMMAND, PKG_E_PACKAGE_NAME, PKG_E_REQUIREMENT; PKG_E_FILE and PKG_E_DOCUMENT for the file
 * of --locked.
 */
export async function resolveRequestOf(invocation: Invocation): Promise<ResolveRequest> {
  const { options, messages } = invocation;
  const prereleases = options.list('prerelease').map(parsePackageName);
  const overrides = overridesOf(invocation);
  const file = options.text('locked');
  const preference = options.text('prefer') ?? (file === undefined ? undefined : 'locked');
  if (preference === 'locked' && file === undefined) {
    throw usageError(messages.usage.needsOption('--locked'));
  }
  const minimumAgeSeconds = ageOf(invocation);
  const asOf = timeOf(invocation);
  const target = targetOf(invocation);
  return {
    requirements: invocation.arguments.map(rowOf),
    mode: options.text('mode') === 'multi' ? 'multi' : 'unify',
    ...(preference ? { prefer: preference as ResolveRequest['prefer'] & {} } : {}),
    ...(file === undefined ? {} : { locked: await readLocked(file, invocation) }),
    ...(overrides.length > 0 ? { overrides } : {}),
    ...(asOf === undefined ? {} : { asOf }),
    ...(minimumAgeSeconds === undefined ? {} : { minimumAgeSeconds }),
    ...(target === undefined ? {} : { target }),
    ...(prereleases.length > 0 ? { prereleases } : {}),
  };
}

type Row = { name: PackageName; requirement: Requirement };

/** `NAME[@REQ]`; a name alone means any version. */
function rowOf(text: string): Row {
  const { name, wanted } = splitPackageSpec(text);
  return { name, requirement: parseRequirement(wanted || '*') };
}

function overridesOf({ options, messages }: Invocation): Row[] {
  const seen = new Set<PackageName>();
  return options.list('override').map((text) => {
    if (!text.includes('@')) throw usageError(messages.resolve.overrideForm(text));
    const row = rowOf(text);
    if (seen.has(row.name)) throw usageError(messages.resolve.overrideTwice(row.name));
    seen.add(row.name);
    return row;
  });
}

function timeOf({ options, messages }: Invocation): string | undefined {
  const text = options.text('as-of');
  if (text === undefined || isResolveTime(text)) return text;
  throw usageError(messages.resolve.badTime('--as-of'));
}

const unitSeconds: Readonly<Record<string, number>> = {
  '': 1,
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
};

function ageOf({ options, messages }: Invocation): number | undefined {
  const text = options.text('minimum-age');
  if (text === undefined) return undefined;
  const [, number = '', unit = ''] = /^(\d{1,9})([smhdw]?)$/.exec(text) ?? [];
  const seconds = Number(number) * (unitSeconds[unit] ?? 1);
  if (number === '' || seconds > minimumAgeSecondsMax) {
    throw usageError(messages.resolve.badAge('--minimum-age'));
  }
  return seconds;
}

function targetOf({ options, messages }: Invocation): string | undefined {
  const target = options.text('target');
  if (target === undefined || target.length <= textLengthMax) return target;
  throw usageError(messages.resolve.longValue('--target', textLengthMax));
}

/** The versions in what an earlier resolve printed with --json, in what `POST /resolve` answered, or in a lockfile. */
async function readLocked(file: string, { environment, messages }: Invocation): Promise<Named[]> {
  const bytes = await readSmallFile(resolvePath(environment.cwd, file), lockedBytesMax);
  const { lockedFile, lockedHelp: help } = messages.resolve;
  try {
    return lockedRows(parseJson(bytes, file, lockedBytesMax)).map((row) => {
      const { name, version } = isJsonObject(row) ? row : {};
      if (typeof name !== 'string' || typeof version !== 'string') throw new TypeError('row');
      return { name: parsePackageName(name), version: parseVersion(version) };
    });
  } catch (cause) {
    if (!(cause instanceof TypeError) && !isVitteError(cause)) throw cause;
    throw spoken('PKG_E_DOCUMENT', lockedFile(file), { help, cause });
  }
}

function lockedRows(document: JsonValue): JsonValue[] {
  const { schema, packages, entries } = isJsonObject(document) ? document : {};
  const isGraph =
    schema === 'vitte.registry.resolution' || schema === 'vitte.registry.resolution.v1';
  if (isGraph && Array.isArray(packages)) return packages;
  if (schema === 'vitte.workspace.lock.v1' && Array.isArray(entries)) {
    // Members of a workspace are no versions of a registry.
    return entries.filter((entry) => isJsonObject(entry) && entry.source === 'registry');
  }
  throw new TypeError('neither a graph nor a lockfile');
}
