import { isTag } from '../names.ts';
import type { CallOptions } from '../port.ts';
import { pulling, type RemoteContext } from './context.ts';
import { storageError } from './errors.ts';
import { parseDocument } from './manifest-answer.ts';
import { endless, readPages } from './pages.ts';

/** distribution 3 refuses more, ECR as well; docker-registry 2.8 ignores it and gives all. */
const tagsPerPage = 1000;

/**
 * The tags of a repository, page by page; none where it does not exist. What can be no tag is left out. A page that
 * is full and names no next one may come from a registry that knows `last` alone: what follows is asked for once more,
 * until nothing new comes.
 */
export async function* listTags(
  context: RemoteContext,
  repository: string,
  { signal }: CallOptions = {},
): AsyncGenerator<string, void, undefined> {
  signal?.throwIfAborted();
  const request = {
    what: `list the tags of ${repository}`,
    ...pulling(repository),
    method: 'GET',
    bodyBytesMax: context.limits.tagPageBytesMax,
    signal,
  } as const;
  let url = context.url(repository, `tags/list?n=${tagsPerPage}`);
  let before = new Set<string>();
  for (let pages = 0; pages < context.limits.pagesMax; pages += 1) {
    let page: string[] = [];
    for await (const { bytes } of readPages(context, { ...request, url })) {
      page = tagsOf(bytes, request);
      for (const tag of page) {
        signal?.throwIfAborted();
        if (!before.has(tag)) yield tag;
      }
    }
    const last = page.at(-1);
    if (page.length !== tagsPerPage || last === undefined || before.has(last)) return;
    before = new Set(page);
    url = new URL(url);
    url.searchParams.set('last', last);
  }
  throw endless(request.what, context.limits.pagesMax);
}

function tagsOf(
  bytes: Uint8Array,
  { what, bodyBytesMax }: { what: string; bodyBytesMax: number },
): string[] {
  // Go programs write null for an empty list.
  const tags = parseDocument(bytes, what, bodyBytesMax).tags ?? [];
  if (!Array.isArray(tags)) {
    throw storageError('PKG_E_STORAGE_ANSWER', what, 'its answer has no list of tags');
  }
  return tags.filter((tag): tag is string => typeof tag === 'string' && isTag(tag));
}
