import { VitteError } from '../../core/errors.ts';
import { isRepositoryName } from '../names.ts';
import type { CallOptions } from '../port.ts';
import { unexpected } from './client.ts';
import type { RemoteContext } from './context.ts';
import { storageError } from './errors.ts';
import { nextLink } from './headers.ts';
import { parseDocument } from './manifest-answer.ts';
import { endless } from './pages.ts';

const namesPerPage = 1000;
/** What registries say that do not list what they hold, or not to everybody. */
const refusals: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 501]);

/**
 * The full names of all repositories (`/v2/_catalog`), page by page. PKG_E_STORAGE_UNFIT where the registry does not
 * list them: GHCR, ECR, Docker Hub and GitLab do not.
 */
export async function* listRepositories(
  context: RemoteContext,
  { signal }: CallOptions = {},
): AsyncGenerator<string, void, undefined> {
  const what = 'list the repositories';
  const first = new URL(`${context.origin}/v2/_catalog?n=${namesPerPage}`);
  let url = first;
  for (let pages = 0; pages < context.limits.pagesMax; pages += 1) {
    signal?.throwIfAborted();
    const request = {
      what,
      access: 'catalog',
      method: 'GET',
      url,
      bodyBytesMax: context.limits.tagPageBytesMax,
      signal,
    } as const;
    const answer = await context.client.exchange(request);
    if (pages === 0 && refusals.has(answer.status)) throw unlisted(answer.status);
    if (answer.status !== 200) throw unexpected(answer, request);
    const { repositories = [] } = parseDocument(answer.bytes, what, request.bodyBytesMax);
    const names = Array.isArray(repositories) ? repositories : [];
    for (const name of names) if (typeof name === 'string' && isRepositoryName(name)) yield name;
    const link = nextLink(answer.headers);
    if (link === undefined) return;
    const next = URL.parse(link, url.href);
    if (!next || next.origin !== first.origin || next.href === url.href) {
      throw storageError(
        'PKG_E_STORAGE_ANSWER',
        what,
        'its list goes on at no next page of its own',
      );
    }
    url = next;
  }
  throw endless(what, context.limits.pagesMax);
}

function unlisted(status: number) {
  return new VitteError(
    'PKG_E_STORAGE_UNFIT',
    `the storage does not list its repositories (status ${status})`,
    { data: { status } },
  );
}
