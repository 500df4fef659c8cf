// A compact form of JSON for what lies in Redis a million times. Most of a version is hashes: as text they take
// twice their bytes, and most of the rest is names of members. One byte stands for a known word, hashes and times
// lie as bytes; a string that was there before in the same value is a reference to it, and so are the names of an
// object's members. Nothing is lost: what fits no short form is kept as it is. `pack.ts` writes it and `unpack.ts`
// reads it; forms and words are fixed for schema version 3 (`keys.ts`).

/** A JSON value; members that are undefined are left out, as JSON.stringify does. */
export type Packable = unknown;

/** What a value begins with, below the ranges that follow. */
export const form = {
  null: 0,
  false: 1,
  true: 2,
  integer: 3,
  number: 4,
  list: 5,
  object: 6,
  text: 7,
  json: 8,
  again: 9,
  hex: 10,
  sha256: 11,
  uuid: 12,
  time: 13,
  /** An object with the members of one that was there before. */
  alike: 14,
  /** 64 digits of lower-case hex. */
  hash: 15,
} as const;
export const shortList = 0x10; // to 0x1f: a list of 0 to 15 values
export const smallInteger = 0x20; // to 0x3f: the integers 0 to 31
export const shortText = 0x40; // to 0x7f: a text of 0 to 63 bytes
export const word = 0x80; // to 0xef
export const alikeEarly = 0xf0; // to 0xff: as `alike`, of the objects 0 to 15

/** Strings of this length or more are remembered: a reference takes two bytes or three. */
export const againLengthMin = 4;

/** Members of the entries that come most often: an object that has these leaves their names out from the first one on. */
export const knownShapes: readonly (readonly string[])[] = [
  ['actor', 'at', 'bundles', 'digest', 'event', 'id', 'n', 'package', 'version'],
  ['actor', 'at', 'digest', 'event', 'id', 'n', 'package', 'version'],
  ['actor', 'at', 'event', 'id', 'n', 'owner', 'package', 'visibility'],
];

/** In the order of their numbers, at most 112. */
export const words = `
  n, at, id, actor, event, package, version, digest, bundles, owner, visibility, public, reason, store, encoding,
  path, profile, origin, key, token, sha256, account, role, admin, fields, unknown, registry created,
  package created, published, attached, voided, yanked, unyanked, deprecated, change, added, removed, publisher,
  maintainer, token made, gone, archive, bytes, mediaType, tarSha256, readme,
  signatures, bundle, kid, verified, status, journaled, existing, refused, code, message, data, document, schema,
  vitte.package.document.v1, name, kind, library, binary, description, license, MIT, Apache-2.0, authors, keywords,
  repository, homepage, edition, 2025, entry, src/lib.vit, src/main.vit, tests, exports, dependencies,
  devDependencies, requirement, source, registry, workspace, features, optional, manifest, vitte-package.json,
  vitte.toml, README.md, unpackedBytes, files, sourceSha256, registryChecksum,
  application/vnd.vitte.vitmod.v1.tar+gzip, application/vnd.vitte.vitpkg.v1.tar+gzip
`
  .trim()
  .split(/,\s+/);
