import { answerBlob } from './blobs.ts';
import { listReferrers, listTags } from './lists.ts';
import { answerManifest } from './manifests.ts';
import { jsonAnswer, type OciAnswer, type OciRequest } from './message.ts';
import type { OciServerParts } from './parts.ts';
import type { OciRoute } from './route.ts';
import { answerUpload, beginUpload } from './uploads.ts';

/** What of the routes is the distribution API itself; tokens are given by whoever knows the callers. */
export type ApiRoute = Exclude<OciRoute, { kind: 'token' }>;

/**
 * Answers one request of the OCI distribution API 1.1 from any registry of the port. Who may do what was settled before,
 * or is by the registry, which may be a view. Throws VitteErrors, which `describeError` names; each of them is the
 * answer, whatever its kind. The stream of a body may reject as the port says.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
 */
export async function answerOci(
  route: ApiRoute,
  request: OciRequest,
  parts: OciServerParts,
): Promise<OciAnswer> {
  const answer = await answerRoute(route, request, parts);
  answer.headers['Docker-Distribution-Api-Version'] = 'registry/2.0';
  return answer;
}

async function answerRoute(
  route: ApiRoute,
  request: OciRequest,
  parts: OciServerParts,
): Promise<OciAnswer> {
  switch (route.kind) {
    case 'ping':
      return jsonAnswer(200, {});
    case 'blob':
      return answerBlob(route, request, parts);
    case 'uploads':
      return beginUpload(route, request, parts);
    case 'upload':
      return answerUpload(route, request, parts);
    case 'manifest':
      return answerManifest(route, request, parts);
    case 'tags':
      return listTags(route, request, parts);
    case 'referrers':
      return listReferrers(route, request, parts);
  }
}
