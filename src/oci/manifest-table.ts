// The manifests and tags of one repository, in the order of an OCI index: what `index.json` says of a layout,
// and what the memory store holds. https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
import type { Descriptor } from '../core/descriptor.ts';
import type { Digest } from '../core/digest.ts';
import { annotations } from '../core/media-types.ts';

/** One descriptor of the index: a manifest under a tag, or the only one of a manifest that has none. */
export type TableEntry = { readonly tag: string | undefined; readonly descriptor: Descriptor };

/** A table never changes, so that a reader may keep it: an edit makes the next one. */
export type ManifestTable = {
  /** Never an empty list; a manifest's only entry may be without a tag. */
  readonly manifests: ReadonlyMap<Digest, readonly TableEntry[]>;
  readonly tags: ReadonlyMap<string, Digest>;
};

export type TableEdit = {
  /** Adds a manifest, unless it is there, and points the tag at it, where one is given. */
  put(descriptor: Descriptor, tag?: string): void;
  /** Points a tag at a manifest; false where there is no such manifest. */
  tag(digest: Digest, tag: string): boolean;
  /** The manifest stays, without the tag. */
  untag(tag: string): void;
  /** Removes a manifest and its tags; false where there is none. */
  remove(digest: Digest): boolean;
  /** The table as edited: the very one that the edit began with where nothing changed. */
  done(): ManifestTable;
};

export const emptyTable: ManifestTable = { manifests: new Map(), tags: new Map() };

/** The manifest behind a tag or digest. */
export function findManifest(table: ManifestTable, reference: string): Descriptor | undefined {
  const digest = table.tags.get(reference) ?? (reference as Digest);
  return table.manifests.get(digest)?.[0]?.descriptor;
}

/** Begins an edit. Copying the maps costs less than writing the index, which each edit leads to. */
export function editTable(table: ManifestTable): TableEdit {
  const manifests = new Map(table.manifests);
  const tags = new Map(table.tags);
  let changed = false;
  return { put, tag, untag, remove, done };

  function put(descriptor: Descriptor, name?: string) {
    if (!manifests.has(descriptor.digest)) {
      manifests.set(descriptor.digest, [{ tag: undefined, descriptor: withoutTag(descriptor) }]);
      changed = true;
    }
    if (name !== undefined) tag(descriptor.digest, name);
  }

  function tag(digest: Digest, name: string) {
    const entries = manifests.get(digest);
    const first = entries?.[0];
    if (!entries || !first) return false;
    if (tags.get(name) === digest) return true;
    untag(name);
    const tagged = entries.filter((entry) => entry.tag !== undefined);
    manifests.set(digest, [...tagged, { tag: name, descriptor: withTag(first.descriptor, name) }]);
    tags.set(name, digest);
    changed = true;
    return true;
  }

  function untag(name: string) {
    const digest = tags.get(name);
    const entries = digest && manifests.get(digest);
    const first = entries?.[0];
    if (!first) return;
    const others = entries.filter((entry) => entry.tag !== name);
    const bare = { tag: undefined, descriptor: withoutTag(first.descriptor) };
    manifests.set(digest as Digest, others.length > 0 ? others : [bare]);
    tags.delete(name);
    changed = true;
  }

  function remove(digest: Digest) {
    for (const entry of manifests.get(digest) ?? []) {
      if (entry.tag !== undefined) tags.delete(entry.tag);
      changed = true;
    }
    return manifests.delete(digest);
  }

  function done() {
    return changed ? { manifests, tags } : table;
  }
}

function withTag(descriptor: Descriptor, tag: string): Descriptor {
  return {
    ...descriptor,
    annotations: { ...descriptor.annotations, [annotations.refName]: tag },
  };
}

function withoutTag(descriptor: Descriptor): Descriptor {
  const { annotations: notes, ...bare } = descriptor;
  if (!notes) return bare;
  const { [annotations.refName]: _tag, ...others } = notes;
  return Object.keys(others).length > 0 ? { ...bare, annotations: others } : bare;
}
