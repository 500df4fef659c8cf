// Every key of the index in Redis, and nothing else knows them. `spec/redis.md` tells each one's type, writer and
// size. All keys of one registry share one hash tag, so that a Cluster keeps them on one node and a script may
// use any of them.
import { VitteError } from '../../core/errors.ts';
import { type RebuildMode, rebuildModes } from '../rebuild-port.ts';

/** Stands in every key: a release that holds other things under these names counts it up. */
const schemaVersion = 3;
const tagForm = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

export type FixedKeys = {
  /** What every other key of this registry begins with. */
  base: string;
  meta: string;
  queue: string;
  ages: string;
  items: string;
  outcomes: string;
  decided: string;
  lease: string;
  downloads: string;
  readmes: string;
  /** Says that this batch of counters was taken in. */
  counted(batch: string): string;
  /** The pub/sub channel. */
  wake: string;
};

/** Keys of one data set: all that the journal said since the index was last cleared. */
export type SetKeys = {
  registry: string;
  names: string;
  feed: string;
  /** What a package's key begins with; the name follows. */
  packages: string;
  package(name: string): string;
  dependents(name: string): string;
};

/** Keys that outlive a `clear`. Throws PKG_E_CONFIG for a tag that is not lower-case letters, digits and inner hyphens. */
export function fixedKeys(storeTag: string): FixedKeys {
  if (!tagForm.test(storeTag)) {
    throw new VitteError(
      'PKG_E_CONFIG',
      'the tag of a registry in Redis is 1 to 64 lower-case letters, digits and inner hyphens',
    );
  }
  const base = `{vitte:${storeTag}}:${schemaVersion}:`;
  return {
    base,
    meta: `${base}meta`,
    queue: `${base}queue`,
    ages: `${base}ages`,
    items: `${base}items`,
    outcomes: `${base}outcomes`,
    decided: `${base}decided`,
    lease: `${base}lease`,
    downloads: `${base}downloads`,
    readmes: `${base}readmes`,
    counted: (batch) => `${base}counted-${batch}`,
    wake: `${base}wake`,
  };
}

/** Keys of an index that is being made anew: its data set lies beside the one that stands, and takes its place. */
export function rebuildKeys(standing: FixedKeys, mode: RebuildMode): FixedKeys {
  const start = `${standing.base}rebuild-`;
  return {
    ...standing,
    meta: `${start}${mode}-meta`,
    queue: `${start}queue`,
    ages: `${start}ages`,
    items: `${start}items`,
    outcomes: `${start}outcomes`,
    decided: `${start}decided`,
    lease: `${start}lease`,
    wake: `${start}wake`,
  };
}

/** Every key that may name a data set of this registry: whatever names none is nobody's. */
export function metaKeys({ base }: FixedKeys): string[] {
  const standing = `${base}meta`;
  return [standing, ...rebuildModes.map((mode) => `${base}rebuild-${mode}-meta`)];
}

/** Keys of the data set with this id. A name stands last in its key, so no name reaches another kind of key. */
export function setKeys({ base }: FixedKeys, set: string): SetKeys {
  const start = `${base}${set}:`;
  const packages = `${start}p:`;
  return {
    registry: `${start}registry`,
    names: `${start}names`,
    feed: `${start}feed`,
    packages,
    package: (name) => `${packages}${name}`,
    dependents: (name) => `${start}d:${name}`,
  };
}
