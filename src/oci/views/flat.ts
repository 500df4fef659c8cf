// The encoding `flat`: one path segment a repository, for registries that take no more (Docker Hub).
import { isRepositoryName } from '../names.ts';
import type { Registry } from '../port.ts';
import { placedRegistry } from './placed.ts';

/**
 * Stands for a dot within a part of a name. A word of zeros alone gets one zero more, so that no word is taken for
 * it. Names of packages have neither: `roussov/vitte-math` is `roussov.vitte-math`.
 */
const dotWord = '0';

/** A registry each of whose repositories lies in one path segment of `inner`. Tags stay as they are. */
export function flatRegistry(inner: Registry): Registry {
  return placedRegistry(inner, {
    shared: false,
    placeOf: (name) => ({
      repository: flatName(name),
      inside: (tag) => tag,
      outside: (tag) => tag,
    }),
    nameOf(repository) {
      // Names of packages and of the journal have no dot within a part; what others pushed is not told apart here.
      const name = repository.replaceAll('.', '/');
      return isRepositoryName(name) && flatName(name) === repository ? name : undefined;
    },
  });
}

/** The one segment of a name: its parts with dots between them. Two names never have the same. */
export function flatName(name: string): string {
  return name
    .split('/')
    .map((part) => part.split('.').map(escaped).join(`.${dotWord}.`))
    .join('.');
}

function escaped(word: string): string {
  return /^0+$/.test(word) ? `${word}0` : word;
}
