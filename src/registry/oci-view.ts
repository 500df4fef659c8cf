import { hexOf, isOciDigest } from '../core/digest.ts';
import { reservedNames } from '../core/name.ts';
import { versionTag } from '../core/version.ts';
import { parseRepositoryName } from '../oci/names.ts';
import type {
  BlobStore,
  CallOptions,
  ManifestStore,
  Registry,
  Repository,
  UploadStore,
} from '../oci/port.ts';
import { denied, kept, listed, type OciCaller, standingIn, writer } from './oci-caller.ts';
import type { Parts } from './parts.ts';
import type { CallContext } from './port.ts';
import { pushManifest } from './push-manifest.ts';

/**
 * The storage as plain OCI, as one caller may see and change it (`spec/v2.md`). What the registry keeps for itself (the
 * repository `vitte-registry`, tags that begin with `_`) is not there and can't be written; a version that was
 * published stays as it is; one that is pushed is published. Beside the port's errors: PKG_E_TOKEN and PKG_E_FORBIDDEN
 * for a caller who may not write, PKG_E_METHOD for a deletion of what was published, PKG_E_VERSION_EXISTS, and what
 * `publish` throws.
 */
export function openOciView(parts: Parts, storage: Registry, context: CallContext): Registry {
  return {
    referrersApi: (options) => storage.referrersApi(options),
    repository(text) {
      const name = parseRepositoryName(text);
      if (!mayRead(name)) return hiddenRepository(name, context);
      return viewOf({ parts, storage, context, repository: storage.repository(name) });
    },
    close: async () => {}, // it is the storage's owner who closes it
  };
}

/** Whether a caller sees a repository at all. Visibility of packages joins here; until then all are public. */
function mayRead(name: string): boolean {
  return !name.split('/').some((part) => reservedNames.has(part));
}

function viewOf(caller: OciCaller): Repository {
  const { repository, context } = caller;
  const { uploads } = repository;
  return {
    name: repository.name,
    blobs: blobsOf(caller),
    manifests: manifestsOf(caller),
    ...(uploads ? { uploads: uploadsOf(uploads, context) } : {}),
    async *tags(options) {
      for await (const tag of repository.tags(options)) if (!isOwnTag(tag)) yield tag;
    },
    referrers: (subject, options) => repository.referrers(subject, options),
  };
}

function blobsOf(caller: OciCaller): BlobStore {
  const { blobs, name } = caller.repository;
  const writing = writer(caller.context);
  return {
    fetch: (digest, options) => blobs.fetch(digest, options),
    stat: (digest, options) => blobs.stat(digest, options),
    push: (target, content, options) => writing(() => blobs.push(target, content, options)),
    stage: (source, options) => writing(() => blobs.stage(source, options)),
    mount: (digest, from, options) =>
      writing(async () => {
        return mayRead(parseRepositoryName(from)) && blobs.mount(digest, from, options);
      }),
    delete: (digest, options) =>
      writing(async () => {
        // Which blobs a version and its signatures need is known only by reading them all.
        if (listed(await standingIn(caller, options)).length > 0) {
          throw kept(`${name} has published versions: its blobs are not deleted here`);
        }
        return blobs.delete(digest, options);
      }),
  };
}

function manifestsOf(caller: OciCaller): ManifestStore {
  const { manifests } = caller.repository;
  const writing = writer(caller.context);
  return {
    ...(manifests.sha512 ? { sha512: true } : {}),
    fetch: async (reference, options) =>
      isOwnTag(reference) ? undefined : manifests.fetch(reference, options),
    resolve: async (reference, options) =>
      isOwnTag(reference) ? undefined : manifests.resolve(reference, options),
    push: (manifest, options) =>
      writing(async () => {
        if (options?.tag !== undefined) await requireFree(caller, [options.tag], options);
        return pushManifest(caller, manifest, options);
      }),
    tag: (digest, tag, options) =>
      writing(async () => {
        await requireFree(caller, [tag], options);
        const stored = await manifests.fetch(digest, options);
        // What is not there, the storage refuses to tag.
        if (!stored) return manifests.tag(digest, tag, options);
        const { mediaType } = stored.descriptor;
        await pushManifest(caller, { mediaType, bytes: stored.bytes }, { ...options, tag });
      }),
    untag: (tags, options) =>
      writing(async () => {
        await requireFree(caller, tags, options);
        const versions = listed(await standingIn(caller, options));
        const published = versions.find(({ version }) => tags.includes(versionTag(version)));
        if (published) throw kept('the tag', published);
        await manifests.untag(tags, options);
      }),
    delete: (digest, options) =>
      writing(async () => {
        for (const version of listed(await standingIn(caller, options))) {
          if (version.digest === digest) throw kept('the manifest', version);
          const signed = version.signatures.some(({ bundle }) => bundle === digest);
          if (signed) throw kept('the signature', version);
        }
        return manifests.delete(digest, options);
      }),
  };
}

/** Refuses tags that the registry writes itself: its own, and the lists of a version's referrers where they are tags. */
async function requireFree(
  caller: OciCaller,
  tags: readonly string[],
  options?: CallOptions,
): Promise<void> {
  const own = tags.find(isOwnTag);
  if (own !== undefined) throw denied(`tags that begin with "_", as ${own} does, are not for you`);
  if (!tags.some((tag) => /^sha256-[0-9a-f]{64}$/.test(tag))) return;
  for (const { digest, version } of listed(await standingIn(caller, options))) {
    if (!tags.includes(`sha256-${hexOf(digest)}`)) continue;
    throw denied(`the list of what refers to version ${version} is kept by the registry`);
  }
}

function uploadsOf(uploads: UploadStore, context: CallContext): UploadStore {
  const writing = writer(context);
  return {
    begin: (options) => writing(() => uploads.begin(options)),
    append: (upload, chunk, options) => writing(() => uploads.append(upload, chunk, options)),
    status: (upload, options) => writing(() => uploads.status(upload, options)),
    finish: (upload, digest, chunk, options) =>
      writing(() => uploads.finish(upload, digest, chunk, options)),
    abort: (upload, options) => writing(() => uploads.abort(upload, options)),
  };
}

/** A repository that looks to its caller as if nothing were in it, and takes nothing. */
function hiddenRepository(name: string, context: CallContext): Repository {
  const nothing = async () => undefined;
  const refused = () =>
    writer(context)(async () => {
      throw denied(`${name} is the registry's own`);
    });
  async function* none() {}
  return {
    name,
    blobs: {
      ...{ fetch: nothing, stat: nothing },
      ...{ push: refused, stage: refused, mount: refused, delete: refused },
    },
    manifests: {
      ...{ fetch: nothing, resolve: nothing },
      ...{ push: refused, tag: refused, untag: refused, delete: refused },
    },
    uploads: {
      ...{ begin: refused, append: refused, status: refused, finish: refused, abort: refused },
    },
    tags: none,
    referrers: none,
  };
}

function isOwnTag(reference: string): boolean {
  return reference.startsWith('_') && !isOciDigest(reference);
}
