// What the registry answers (spec/openapi.yaml), as far as a client reads it. Members beyond these are passed
// over, so that an older client reads a newer registry; a missing or wrong one is PKG_E_REGISTRY_ANSWER.
import { parseDigest } from '../core/digest.ts';
import { parsePackageName } from '../core/name.ts';
import { parseVersion } from '../core/version.ts';
import { anyObject, count, flag, list, number, object, optional, parsed, text } from './shape.ts';

const name = parsed(parsePackageName);
const version = parsed(parseVersion);
const digest = parsed(parseDigest);
const signature = object({ digest, kid: text });
const yank = object({ reason: optional(text), at: text, actor: text });

/** `GET /registry`. */
export const readRegistry = object({
  store: text,
  profile: count,
  encoding: text,
  software: optional(object({ name: text, version: text })),
  log: optional(object({ origin: text, keyFingerprint: text })),
  limits: optional(
    object({
      uploadBytesMax: optional(count),
      bundleBytesMax: optional(count),
      bundlesMax: optional(count),
    }),
  ),
  features: optional(list(text)),
  sequence: optional(count),
});
export type RegistryAnswer = ReturnType<typeof readRegistry>;

const ranges = list(list(count));
const facet = optional(list(object({ value: text, count })));

const packageRow = object({
  name,
  version,
  description: optional(text),
  kind: optional(text),
  license: optional(text),
  publishedAt: text,
  yanked: flag,
  deprecated: optional(text),
  score: optional(number),
  highlights: optional(object({ name: optional(ranges), description: optional(ranges) })),
});
export type PackageRow = ReturnType<typeof packageRow>;

/** `GET /packages`. */
export const readPackages = object({
  packages: list(packageRow),
  total: count,
  facets: optional(object({ kind: facet, license: facet, keyword: facet, namespace: facet })),
  next: optional(text),
});
export type PackagesAnswer = ReturnType<typeof readPackages>;

/** `GET /packages/{name}`. */
export const readPackage = object({
  name,
  latest: optional(version),
  description: optional(text),
  kind: optional(text),
  license: optional(text),
  keywords: optional(list(text)),
  repository: optional(text),
  homepage: optional(text),
  owners: list(text),
  deprecated: optional(text),
  downloads: optional(count),
  createdAt: text,
  sequence: optional(count),
  versions: list(
    object({
      version,
      digest,
      publishedAt: text,
      yanked: flag,
      yank: optional(yank),
      downloads: optional(count),
      signatures: list(signature),
    }),
  ),
});
export type PackageAnswer = ReturnType<typeof readPackage>;

/** `GET /packages/{name}/{version}`. */
export const readVersion = object({
  name,
  version,
  digest,
  archive: object({ digest, bytes: count, mediaType: text, fileName: text }),
  publishedAt: text,
  actor: optional(text),
  sequence: optional(count),
  yanked: flag,
  yank: optional(yank),
  signatures: list(signature),
  document: anyObject,
});
export type VersionAnswer = ReturnType<typeof readVersion>;

/** `GET …/{version}/signatures`. */
export const readSignatures = object({
  name,
  version,
  digest,
  signatures: list(object({ digest, kid: text, key: optional(text), bundle: anyObject })),
});
export type SignaturesAnswer = ReturnType<typeof readSignatures>;

/** `PUT /packages/{name}/{version}`. */
export const readPublished = object({
  name,
  version,
  digest,
  archive: object({ digest, bytes: count }),
  sequence: count,
  publishedAt: text,
  notAttached: optional(list(object({ digest, reason: text }))),
});
export type PublishedAnswer = ReturnType<typeof readPublished>;

/** `PUT` and `DELETE …/{version}/yank`. */
export const readYank = object({
  name,
  version,
  digest,
  yanked: flag,
  reason: optional(text),
  at: optional(text),
  actor: optional(text),
  changed: flag,
});
export type YankAnswer = ReturnType<typeof readYank>;

/** `…/-/deprecation`. */
export const readDeprecation = object({
  name,
  deprecated: flag,
  message: optional(text),
  at: optional(text),
  actor: optional(text),
  changed: optional(flag),
});
export type DeprecationAnswer = ReturnType<typeof readDeprecation>;

/** `…/-/owners`. */
export const readOwners = object({
  name,
  owners: list(object({ account: text, role: text, at: text, actor: text })),
  changed: optional(flag),
});
export type OwnersAnswer = ReturnType<typeof readOwners>;

/** `GET …/-/dependents`. `on` and `depth` where those that depend through others were asked for. */
export const readDependents = object({
  name,
  dependents: list(
    object({
      name,
      version,
      requirement: text,
      scope: text,
      on: optional(name),
      depth: optional(count),
    }),
  ),
  next: optional(text),
  complete: flag,
});
export type DependentsAnswer = ReturnType<typeof readDependents>;

/** `GET /changes`. An entry has at least these members. */
export const readChanges = object({
  store: text,
  entries: list((value, where) => {
    const entry = anyObject(value, where);
    return { ...entry, ...object({ n: count, at: text, event: text })(entry, where) };
  }),
  next: optional(count),
});
export type ChangesAnswer = ReturnType<typeof readChanges>;

/** `GET /whoami`. */
export const readWhoami = object({ account: text, role: text });
export type WhoamiAnswer = ReturnType<typeof readWhoami>;
