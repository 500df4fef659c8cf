// Requests of tests to the API, through Node's own client.
import { mediaTypes } from '../../src/core/media-types.ts';
import type { ApiService } from './api-service.ts';
import { fakeToken } from './fake-use-cases.ts';

export const demoPath = '/api/v1/packages/demo-lib/0.1.0';
export const bearer = { Authorization: `Bearer ${fakeToken}` };

/** Publishes an archive that is only bytes. */
export function putArchive(
  service: Pick<ApiService, 'url'>,
  path: string,
  body: RequestInit['body'],
  headers: Record<string, string> = {},
): Promise<Response> {
  const init = {
    method: 'PUT',
    body,
    duplex: 'half',
    headers: { ...bearer, 'Content-Type': mediaTypes.vitmod, ...headers },
  };
  return fetch(service.url + path, init as RequestInit);
}

/** Publishes demo-lib@0.1.0 with these bytes. */
export async function publishDemo(
  service: ApiService,
  bytes = Buffer.from('0123456789'),
): Promise<void> {
  const answer = await putArchive(service, demoPath, bytes);
  if (answer.status !== 201) throw new Error(await answer.text());
  await answer.arrayBuffer();
}
