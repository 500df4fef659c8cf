import { type ErrorCode, isVitteError, VitteError } from './errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from './json.ts';
import { manifestListItemsMax, manifestTextLengthMax } from './limits.ts';
import { joinName, type PackageName, parsePackageName } from './name.ts';
import { parseRequirement, type Requirement } from './requirement.ts';
import { parseToml } from './toml.ts';
import { parseVersion, type Version } from './version.ts';

export const manifestFiles = ['vitte-package.json', 'vitte.toml'] as const;
export type ManifestFile = (typeof manifestFiles)[number];

export type Dependency = {
  name: PackageName;
  requirement: Requirement;
  source: 'registry' | 'workspace';
  features?: string[];
  optional?: boolean;
};

/** A package's own manifest, of either generation. Fields it does not state are absent. */
export type PackageManifest = {
  file: ManifestFile;
  name: PackageName;
  version: Version;
  kind: 'binary' | 'library';
  description?: string;
  license?: string;
  authors?: string[];
  keywords?: string[];
  repository?: string;
  homepage?: string;
  edition?: string;
  entry: string;
  tests?: string[];
  exports?: string[];
  dependencies?: Dependency[];
  devDependencies?: Dependency[];
  features?: Record<string, string[]>;
};

/**
 * Parses the current generation, `vitte-package.json`. Paths are checked for form, not for existence (the
 * archive knows). Throws PKG_E_MANIFEST_FIELD and its siblings, with the field's name in the message.
 */
export function parseJsonManifest(bytes: Uint8Array): PackageManifest {
  const value = parseJson(bytes, 'vitte-package.json');
  const fields = reader('vitte-package.json', value);
  const schema = fields.string('schema');
  if (schema !== 'vitte.package.manifest.v1') {
    throw new VitteError(
      'PKG_E_MANIFEST_VERSION',
      `vitte-package.json has schema ${quote(schema)}`,
      {
        help: 'this registry reads "vitte.package.manifest.v1"',
      },
    );
  }
  return {
    file: 'vitte-package.json',
    name: joinName(fields.optional('namespace', fields.string), fields.string('name')),
    version: parseVersion(fields.string('version')),
    kind: packageKind(fields.string('kind')),
    ...describing(fields),
    entry: fields.path('entry'),
    tests: fields.list('tests', fields.checkedPath),
    ...given('exports', fields.optional('exports', fields.strings)),
    dependencies: dependencies(fields.object('dependencies'), 'dependencies', joinedName),
    ...given('devDependencies', devDependencies('devDependencies', joinedName)),
    ...given('features', fields.optional('features', featureTable)),
  };

  function devDependencies(key: string, nameOf: NameReader) {
    const table = fields.optional(key, fields.object);
    return table && dependencies(table, key, nameOf);
  }
}

/**
 * Parses the first generation, `vitte.toml`. `_` in names becomes `-`; kind and entry, which it may leave out,
 * follow from which of src/lib.vit and src/main.vit `files` holds.
 */
export function parseTomlManifest(bytes: Uint8Array, files: ReadonlySet<string>): PackageManifest {
  const root = reader('vitte.toml', parseToml(bytes, 'vitte.toml'));
  const fields = reader('vitte.toml [package]', root.object('package'));
  const stated = fields.optional('kind', fields.string);
  const kind = stated === undefined ? guessKind(files) : packageKind(stated);
  const entry = fields.optional('entry', fields.path);
  return {
    file: 'vitte.toml',
    name: joinName(
      fields.optional('namespace', fields.string)?.replaceAll('_', '-'),
      fields.string('name').replaceAll('_', '-'),
    ),
    version: parseVersion(fields.string('version')),
    kind,
    ...describing(fields),
    entry: entry ?? (kind === 'library' ? 'src/lib.vit' : 'src/main.vit'),
    ...given(
      'tests',
      fields.optional('tests', (key) => fields.list(key, fields.checkedPath)),
    ),
    ...given('exports', fields.optional('exports', fields.strings)),
    ...given('dependencies', table('dependencies')),
    ...given('devDependencies', table('dev-dependencies')),
    ...given('features', foldedFeatures()),
  };

  function table(key: string) {
    const found = root.optional(key, root.object);
    return found && dependencies(found, key, foldedName);
  }

  /** What they say of dependencies, by the names that those have here. */
  function foldedFeatures() {
    const found = root.optional('features', featureTable);
    if (!found) return undefined;
    const own = (entry: string) => Object.hasOwn(found, entry);
    const folded = (entry: string) => {
      const [, mark = '', name = '', rest = ''] = /^(dep:)?([^/]*)(.*)$/s.exec(entry) ?? [];
      return own(entry) ? entry : `${mark}${name.replaceAll('_', '-')}${rest}`;
    };
    return Object.fromEntries(
      Object.entries(found).map(([feature, entries]) => [feature, entries.map(folded)]),
    );
  }
}

/** The fields that only describe, alike in both generations. */
function describing(fields: FieldReader) {
  return {
    ...given('description', fields.optional('description', fields.text)),
    ...given('license', fields.optional('license', fields.text)),
    ...given('authors', fields.optional('authors', fields.strings)),
    ...given('keywords', fields.optional('keywords', fields.strings)),
    ...given('repository', fields.optional('repository', fields.text)),
    ...given('homepage', fields.optional('homepage', fields.text)),
    ...given('edition', fields.optional('edition', fields.text)),
  };
}

type NameReader = (text: string) => PackageName;
const joinedName: NameReader = parsePackageName;
const foldedName: NameReader = (text) => parsePackageName(text.replaceAll('_', '-'));

function dependencies(table: JsonObject, key: string, nameOf: NameReader): Dependency[] {
  if (Object.keys(table).length > manifestListItemsMax) {
    throw new VitteError('PKG_E_DEPENDENCY_FORMAT', `${key} has over ${manifestListItemsMax} rows`);
  }
  const rows = Object.entries(table).map(([name, value]) => dependency(key, nameOf(name), value));
  rows.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const [index, row] of rows.entries()) {
    if (row.name === rows[index + 1]?.name) {
      throw new VitteError('PKG_E_DEPENDENCY_FORMAT', `${key} names ${row.name} twice`);
    }
  }
  return rows;
}

function dependency(key: string, name: PackageName, value: JsonValue): Dependency {
  if (typeof value === 'string') {
    return { name, requirement: requirement(key, name, value), source: 'registry' };
  }
  if (!isJsonObject(value)) {
    throw new VitteError(
      'PKG_E_DEPENDENCY_FORMAT',
      `${key}.${name} must be a requirement or a table with "version"`,
    );
  }
  const fields = reader(`${key}.${name}`, value, 'PKG_E_DEPENDENCY_FORMAT');
  const source = fields.optional('source', fields.string) ?? 'registry';
  if ((source !== 'registry' && source !== 'workspace') || 'path' in value || 'git' in value) {
    throw new VitteError(
      'PKG_E_DEPENDENCY_SOURCE',
      `${key}.${name} does not come from a registry or a workspace`,
      { help: 'a published package depends on published packages alone' },
    );
  }
  return {
    name,
    requirement: requirement(key, name, fields.optional('version', fields.string) ?? '*'),
    source,
    ...given('features', fields.optional('features', fields.strings)),
    ...given('optional', fields.optional('optional', fields.boolean)),
  };
}

function requirement(key: string, name: string, text: string): Requirement {
  try {
    return parseRequirement(text);
  } catch (cause) {
    throw new VitteError(
      'PKG_E_DEPENDENCY_VERSION',
      `${key}.${name}: ${cause instanceof Error ? cause.message : 'not a requirement'}`,
      { cause, ...(isVitteError(cause) && cause.help ? { help: cause.help } : {}) },
    );
  }
}

function featureTable(this: void, key: string, value: JsonValue): Record<string, string[]> {
  if (!isJsonObject(value)) throw new VitteError('PKG_E_MANIFEST_FIELD', `${key} must be a table`);
  const fields = reader(key, value);
  return Object.fromEntries(Object.keys(value).map((name) => [name, fields.strings(name)]));
}

function packageKind(text: string): PackageManifest['kind'] {
  if (text === 'binary' || text === 'library') return text;
  throw new VitteError('PKG_E_PACKAGE_KIND', `kind is ${quote(text)}, not "binary" or "library"`);
}

function guessKind(files: ReadonlySet<string>): PackageManifest['kind'] {
  return files.has('src/main.vit') && !files.has('src/lib.vit') ? 'binary' : 'library';
}

/** Checks that a path in a manifest is relative and stays inside the package. Throws PKG_E_PATH_ESCAPE. */
function insidePath(field: string, path: string): string {
  const parts = path.split('/');
  if (
    path === '' ||
    /[\\\x00-\x1f\x7f]/.test(path) ||
    /^[A-Za-z]:/.test(path) ||
    parts.includes('')
  ) {
    throw new VitteError(
      'PKG_E_PATH_ESCAPE',
      `${field}: ${quote(path)} is not a path inside the package`,
    );
  }
  if (parts.includes('..') || parts.includes('.')) {
    throw new VitteError('PKG_E_PATH_ESCAPE', `${field}: ${quote(path)} has a "." or ".." part`);
  }
  return path;
}

type FieldReader = ReturnType<typeof reader>;

/** Reads typed members of an object; every refusal names the member. */
function reader(where: string, value: JsonValue, code: ErrorCode = 'PKG_E_MANIFEST_FIELD') {
  if (!isJsonObject(value)) throw new VitteError(code, `${where} must be an object`);
  const source: JsonObject = value;
  const member = (key: string) => (Object.hasOwn(source, key) ? source[key] : undefined);
  const wrong = (key: string, what: string) =>
    new VitteError(code, `${where}: "${key}" must be ${what}`);
  const strings = (key: string) => list(key, (_, text) => text);
  const checkedPath = (key: string, text: string) => insidePath(`${where}: "${key}"`, text);
  return {
    string,
    strings,
    /** A string that may be empty. */
    text(key: string): string {
      const found = member(key);
      if (typeof found !== 'string') throw wrong(key, 'a string');
      return readable(key, found);
    },
    list,
    checkedPath,
    path: (key: string) => readable(key, checkedPath(key, stated(key))),
    boolean(key: string): boolean {
      const found = member(key);
      if (typeof found !== 'boolean') throw wrong(key, 'true or false');
      return found;
    },
    object(key: string): JsonObject {
      const found = member(key);
      if (!isJsonObject(found)) throw wrong(key, 'an object');
      return found;
    },
    optional<T>(key: string, read: (key: string, value: JsonValue) => T): T | undefined {
      const found = member(key);
      return found === undefined || found === null ? undefined : read(key, found);
    },
  };

  function string(key: string): string {
    return readable(key, stated(key));
  }

  function stated(key: string): string {
    const found = member(key);
    if (typeof found !== 'string' || found === '') throw wrong(key, 'a string');
    return found;
  }

  function list(key: string, check: (key: string, text: string) => string): string[] {
    const found = member(key);
    if (!Array.isArray(found)) throw wrong(key, 'a list of strings');
    if (found.length > manifestListItemsMax) {
      throw wrong(key, `a list of at most ${manifestListItemsMax} strings`);
    }
    return found.map((item) => {
      if (typeof item !== 'string') throw wrong(key, 'a list of strings');
      return readable(key, check(key, item));
    });
  }

  /** Text that can be shown: bounded, whole characters, no control characters but line ends and tabs. */
  function readable(key: string, found: string): string {
    if (found.length > manifestTextLengthMax) {
      throw wrong(key, `at most ${manifestTextLengthMax} characters long`);
    }
    if (!found.isWellFormed() || /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/.test(found)) {
      throw wrong(key, 'text without control characters');
    }
    return found;
  }
}

function given<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: T };
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 120));
}
