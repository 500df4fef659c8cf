import { sha256 } from '../../src/core/digest.ts';
import type { Registry, Repository, StagedBlob } from '../../src/oci/port.ts';

/** One call on a registry, as a plan sees it. `reference` is the tag that it sets or names, else
 * the digest; the first tag of several; nothing for `blobs.stage` and `tags`. */
export type Operation = { method: OperationMethod; repository: string; reference?: string };

export type OperationMethod =
  | 'blobs.fetch'
  | 'blobs.stat'
  | 'blobs.push'
  | 'blobs.stage'
  | 'blobs.mount'
  | 'blobs.delete'
  | 'staged.commit'
  | 'staged.abort'
  | 'manifests.fetch'
  | 'manifests.resolve'
  | 'manifests.push'
  | 'manifests.tag'
  | 'manifests.untag'
  | 'manifests.delete'
  | 'tags'
  | 'referrers';

/**
 * What befalls a call before it reaches the registry, or after it was done there but before the caller hears of
 * it: an error is thrown, a promise is waited for (and its rejection thrown).
 */
export type Fault = 'ok' | { before?: Error | Promise<unknown>; after?: Error | Promise<unknown> };

/**
 * A view of a registry whose calls fail or wait as `plan` says, which is asked once a call. A list waits or fails
 * before its first item and after its last one. `staged.abort` can wait but never fails, as the port demands.
 */
export function faultRegistry(inner: Registry, plan: (operation: Operation) => Fault): Registry {
  return {
    referrersApi: (options) => inner.referrersApi(options),
    repository: (name) => faultRepository(inner.repository(name), plan),
    close: () => inner.close(),
  };
}

function faultRepository(inner: Repository, plan: (operation: Operation) => Fault): Repository {
  const { name, blobs, manifests } = inner;

  async function at<T>(
    method: OperationMethod,
    reference: string | undefined,
    call: () => Promise<T>,
  ): Promise<T> {
    const fault = ask(method, reference);
    await befall(fault.before);
    const result = await call();
    await befall(fault.after);
    return result;
  }

  async function* along<T>(
    method: OperationMethod,
    reference: string | undefined,
    list: () => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    const fault = ask(method, reference);
    await befall(fault.before);
    yield* list();
    await befall(fault.after);
  }

  function ask(method: OperationMethod, reference: string | undefined) {
    const named = reference === undefined ? {} : { reference };
    const fault = plan({ method, repository: name, ...named });
    return fault === 'ok' ? {} : fault;
  }

  function faultStaged(staged: StagedBlob): StagedBlob {
    const { digest, size } = staged;
    return {
      digest,
      size,
      commit: (options) => at('staged.commit', digest, () => staged.commit(options)),
      abort: () => at('staged.abort', digest, () => staged.abort()).catch(() => staged.abort()),
    };
  }

  return {
    name,
    blobs: {
      fetch: (digest, options) => at('blobs.fetch', digest, () => blobs.fetch(digest, options)),
      stat: (digest, options) => at('blobs.stat', digest, () => blobs.stat(digest, options)),
      push: (target, content, options) =>
        at('blobs.push', target.digest, () => blobs.push(target, content, options)),
      stage: (source, options) =>
        at('blobs.stage', undefined, async () => faultStaged(await blobs.stage(source, options))),
      mount: (digest, from, options) =>
        at('blobs.mount', digest, () => blobs.mount(digest, from, options)),
      delete: (digest, options) => at('blobs.delete', digest, () => blobs.delete(digest, options)),
    },
    manifests: {
      fetch: (reference, options) =>
        at('manifests.fetch', reference, () => manifests.fetch(reference, options)),
      resolve: (reference, options) =>
        at('manifests.resolve', reference, () => manifests.resolve(reference, options)),
      push: (manifest, options) =>
        at('manifests.push', options?.tag ?? sha256(manifest.bytes), () =>
          manifests.push(manifest, options),
        ),
      tag: (digest, tag, options) =>
        at('manifests.tag', tag, () => manifests.tag(digest, tag, options)),
      untag: (tags, options) =>
        at('manifests.untag', tags[0], () => manifests.untag(tags, options)),
      delete: (digest, options) =>
        at('manifests.delete', digest, () => manifests.delete(digest, options)),
    },
    tags: (options) => along('tags', undefined, () => inner.tags(options)),
    referrers: (subject, options) =>
      along('referrers', subject, () => inner.referrers(subject, options)),
  };
}

async function befall(fault: Error | Promise<unknown> | undefined) {
  if (fault instanceof Error) throw fault;
  await fault;
}
