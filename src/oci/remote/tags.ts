import { isTag } from '../names.ts';
import type { CallOptions } from '../port.ts';
import { pulling, type RemoteContext } from './context.ts';
import { storageError } from './errors.ts';
import { parseDocument } from './manifest-answer.ts';
import { readPages } from './pages.ts';

/** distribution 3 refuses more, ECR as well; docker-registry 2.8 ignores it and gives all. */
const tagsPerPage = 1000;

/** The tags of a repository, page by page; none where it does not exist. What can be no tag is left out. */
export async function* listTags(
  context: RemoteContext,
  repository: string,
  { signal }: CallOptions = {},
): AsyncGenerator<string, void, undefined> {
  signal?.throwIfAborted();
  const what = `list the tags of ${repository}`;
  const bodyBytesMax = context.limits.tagPageBytesMax;
  const url = context.url(repository, `tags/list?n=${tagsPerPage}`);
  const request = {
    what,
    ...pulling(repository),
    method: 'GET',
    url,
    bodyBytesMax,
    signal,
  } as const;
  for await (const { bytes } of readPages(context, request)) {
    // Go programs write null for an empty list.
    const tags = parseDocument(bytes, what, bodyBytesMax).tags ?? [];
    if (!Array.isArray(tags)) {
      throw storageError('PKG_E_STORAGE_ANSWER', what, 'its answer has no list of tags');
    }
    for (const tag of tags) {
      signal?.throwIfAborted();
      if (typeof tag === 'string' && isTag(tag)) yield tag;
    }
  }
}
