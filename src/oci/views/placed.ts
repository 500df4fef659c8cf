// A registry whose repositories and tags lie elsewhere in another one: what the encodings are made of.
import { isOciDigest } from '../../core/digest.ts';
import { VitteError } from '../../core/errors.ts';
import { tagLengthMax } from '../../core/limits.ts';
import { checkTag, parseRepositoryName, type RepositoryName } from '../names.ts';
import type { BlobStore, ManifestStore, Reference, Registry, Repository } from '../port.ts';

/** Where a repository lies. Two repositories have no tag in common there. */
export type Place = {
  repository: string;
  /** The tag there of a tag here. */
  inside(tag: string): string;
  /** The tag here of a tag there; undefined for those of other repositories. */
  outside(tag: string): string | undefined;
  /** What of a tag's 128 characters the place takes away; 0 where it is not said. */
  tagLengthTaken?: number;
};

export type Placing = {
  placeOf(name: RepositoryName): Place;
  /** True where several repositories lie in one, so that what one deletes may be another's. */
  shared: boolean;
  /** The name of what lies in a repository there; absent where that can't be told, undefined for what is none of ours. */
  nameOf?(repository: string): string | undefined;
};

/**
 * Shows `inner` under other names. Where places are shared, content is found by digest in every repository, and a
 * blob is never deleted: the registry's collector takes what no manifest names. Beside the port's errors
 * PKG_E_TAG for a tag that would be longer than 128 characters there.
 */
export function placedRegistry(inner: Registry, placing: Placing): Registry {
  const open = (text: string) => {
    const name = parseRepositoryName(text);
    const place = placing.placeOf(name);
    return { name, place, stored: inner.repository(place.repository) };
  };
  const { nameOf } = placing;
  const stored = inner.repositories;
  return {
    ...(nameOf && stored
      ? {
          async *repositories(options) {
            for await (const repository of stored(options)) {
              const name = nameOf(repository);
              if (name !== undefined) yield name;
            }
          },
        }
      : {}),
    async referrersApi({ repository, ...options } = {}) {
      if (repository === undefined && !placing.shared) return inner.referrersApi(options);
      // All of a shared place is one repository, whatever the name.
      const { place } = open(repository ?? 'any');
      return inner.referrersApi({ ...options, repository: place.repository });
    },

    repository(text): Repository {
      const { name, place, stored } = open(text);
      const { tagLengthTaken = 0 } = place;
      return {
        name,
        registry: placing,
        tagLengthMax: tagLengthMax - tagLengthTaken,
        blobs: placedBlobs(stored.blobs, placing, (from) => open(from).place.repository),
        manifests: placedManifests(stored.manifests, place),
        ...(stored.uploads ? { uploads: stored.uploads } : {}),
        async *tags(options) {
          for await (const tag of stored.tags(options)) {
            const own = place.outside(tag);
            if (own !== undefined) yield own;
          }
        },
        referrers: (subject, options) => stored.referrers(subject, options),
      };
    },

    close: () => inner.close(),
  };
}

function placedBlobs(
  inner: BlobStore,
  { shared }: Placing,
  placeOf: (repository: string) => string,
): BlobStore {
  return {
    fetch: (digest, options) => inner.fetch(digest, options),
    stat: (digest, options) => inner.stat(digest, options),
    push: (target, content, options) => inner.push(target, content, options),
    stage: (source, options) => inner.stage(source, options),
    async mount(digest, from, options) {
      const place = placeOf(from);
      if (!shared) return inner.mount(digest, place, options);
      return (await inner.stat(digest, options)) !== undefined;
    },
    async delete(digest, options) {
      if (!shared) return inner.delete(digest, options);
      return (await inner.stat(digest, options)) !== undefined;
    },
  };
}

function placedManifests(inner: ManifestStore, place: Place): ManifestStore {
  return {
    ...(inner.sha512 ? { sha512: true } : {}),
    fetch: async (reference, options) => inner.fetch(referenceInside(reference), options),
    resolve: async (reference, options) => inner.resolve(referenceInside(reference), options),
    async push(manifest, { tag, ...options } = {}) {
      const tagged = tag === undefined ? {} : { tag: tagInside(tag) };
      return inner.push(manifest, { ...options, ...tagged });
    },
    tag: async (digest, tag, options) => inner.tag(digest, tagInside(tag), options),
    untag: async (tags, options) => inner.untag(tags.map(tagInside), options),
    delete: (digest, options) => inner.delete(digest, options),
  };

  function referenceInside(reference: Reference): Reference {
    return isOciDigest(reference) ? reference : tagInside(reference);
  }

  function tagInside(tag: string): string {
    checkTag(tag);
    const stored = place.inside(tag);
    if (stored.length <= tagLengthMax) return stored;
    throw new VitteError(
      'PKG_E_TAG',
      `the tag ${tag.slice(0, 40)}… is over ${tagLengthMax - (stored.length - tag.length)} characters, which this storage's encoding leaves`,
    );
  }
}
