// The encoding `single`: everything in one repository, where no other can be made.
import { sha256Hex } from '../../core/digest.ts';
import { tagLengthMax } from '../../core/limits.ts';
import { isTag } from '../names.ts';
import type { Registry } from '../port.ts';
import { type Place, placedRegistry } from './placed.ts';

const hashLength = 20;
/** The journal's repository, and the tags that only it has: they stand as they are. */
const journal = 'vitte-registry';
const journalTag = /^_(?:term|index|(?:j|log)-.*)$/;
/** Where terms are proposed: a tag there is `_t-TERM`. */
const terms = 'vitte-registry/terms';
const termPrefix = '_t-';
/** A package's snapshot, `_state-H`. */
const stateTag = '_state';

/**
 * A registry all of whose repositories lie in one repository of `inner`. Their tags are told apart by `H-`, H the
 * first 20 hex digits of the SHA-256 of the repository's name.
 */
export function singleRegistry(inner: Registry, repository: string): Registry {
  return placedRegistry(inner, {
    shared: true,
    placeOf: (name) => ({ repository, ...tagsOf(name) }),
  });
}

function tagsOf(name: string): Omit<Place, 'repository'> {
  const hash = sha256Hex(name).slice(0, hashLength);
  const prefix = `${hash}-`;
  if (name === terms) return { ...prefixed(termPrefix), tagLengthTaken: termPrefix.length };
  const standing = name === journal ? journalTags : snapshotTags(hash);
  const others = prefixed(prefix);
  return {
    inside: (tag) => standing.inside(tag) ?? others.inside(tag),
    outside(stored) {
      const tag = standing.outside(stored);
      if (tag !== undefined) return tag;
      const other = others.outside(stored);
      // Somebody else's: this very tag stands elsewhere.
      return other !== undefined && standing.inside(other) === undefined ? other : undefined;
    },
    tagLengthTaken: prefix.length,
  };
}

const journalTags = {
  inside: (tag: string) => (journalTag.test(tag) ? tag : undefined),
  outside: (stored: string) => (journalTag.test(stored) ? stored : undefined),
};

function snapshotTags(hash: string) {
  const stored = `${stateTag}-${hash}`;
  return {
    inside: (tag: string) => (tag === stateTag ? stored : undefined),
    outside: (tag: string) => (tag === stored ? stateTag : undefined),
  };
}

function prefixed(prefix: string) {
  return {
    inside: (tag: string) => prefix + tag,
    outside(stored: string) {
      const tag = stored.startsWith(prefix) ? stored.slice(prefix.length) : '';
      return isTag(tag) && stored.length <= tagLengthMax ? tag : undefined;
    },
  };
}
