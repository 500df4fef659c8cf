import type { VitteError } from '../../core/errors.ts';
import { type ClientRequest, unexpected } from './client.ts';
import type { RemoteContext } from './context.ts';
import { storageError } from './errors.ts';
import { nextLink } from './headers.ts';
import type { Answer } from './transport.ts';

/**
 * The pages of a list, by the `Link` that each names: a short page is not the end, one without a Link is. Nothing
 * where the list does not exist. PKG_E_STORAGE_ANSWER for a Link to another origin or to the same page, and for a
 * list without end.
 */
export async function* readPages(
  { client, limits }: Pick<RemoteContext, 'client' | 'limits'>,
  first: ClientRequest,
): AsyncGenerator<Answer, void, undefined> {
  const { what } = first;
  let request = first;
  for (let pages = 0; pages < limits.pagesMax; pages += 1) {
    const answer = await client.exchange(request);
    if (answer.status === 404 && pages === 0) return;
    if (answer.status !== 200) throw unexpected(answer, request);
    yield answer;
    const link = nextLink(answer.headers);
    if (link === undefined) return;
    const url = URL.parse(link, request.url.href);
    if (!url || url.origin !== first.url.origin || url.href === request.url.href) {
      throw storageError(
        'PKG_E_STORAGE_ANSWER',
        what,
        'its list goes on at no next page of its own',
      );
    }
    request = { ...request, url };
  }
  throw endless(what, limits.pagesMax);
}

/** The error of a list without end. */
export function endless(what: string, pagesMax: number): VitteError {
  return storageError('PKG_E_STORAGE_ANSWER', what, `its list has over ${pagesMax} pages`);
}
