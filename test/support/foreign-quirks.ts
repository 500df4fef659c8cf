// What real registries do otherwise than the specification says or a client expects: one switch for each. Those that
// answer in a request's place stand here; those that change an answer stand where it is given.
import { createHash } from 'node:crypto';
import type { ForeignRegistry, Hook } from './foreign-registry.ts';
import { bodyOf, fail, send } from './foreign-wire.ts';

/** Every switch, and the registries that behave so. */
export const quirks = {
  'token-403-before-push': 'GHCR gives no token to read what does not exist yet',
  'referrers-redirect':
    'GHCR sends who asks for referrers to a web page, and says 429 when asked again',
  'referrers-page': 'a proxy answers the question for referrers with a web page',
  'referrers-name-unknown':
    'a repository that does not exist yet is NAME_UNKNOWN to the Referrers API',
  'subject-without-api': 'ECR says OCI-Subject and has no Referrers API',
  'fallback-tag-is-subject': 'GitLab takes a fallback tag for the digest of the subject',
  'delete-405': 'GHCR deletes nothing',
  'delete-by-digest-only':
    'docker-registry and ACR delete manifests by digest, with all their tags, and no tag alone',
  'chunk-max-4mib': 'GHCR takes at most 4 MiB in one PATCH and says 416',
  'chunk-min-5mib':
    'ECR takes no chunk but the last below 5 MiB, and says so when the upload begins',
  'chunk-min-untold': 'ECR, and what keeps its blobs in S3, take no chunk but the last below 5 MiB',
  'body-max-1mib': 'nginx takes bodies of at most 1 MiB and says 413',
  'length-required': 'a proxy takes no body whose length is not told and says 411',
  'patch-201': 'ECR says 201 for a PATCH, and a Range that stays where the first chunk ended',
  'put-204': 'registries of before the specification say 204 for a PUT',
  'mount-202': 'any registry may begin an upload in place of a mount',
  'mount-forgotten': 'GHCR says 201 for a mount and has nothing',
  'location-relative': 'zot gives a path as Location',
  'location-query': 'docker-registry keeps the state of an upload in the query of its Location',
  'no-digests': 'Docker-Content-Digest is optional',
  'head-length-differs': 'Harbor tells another length in a HEAD than in a GET',
  'tags-50-a-page': 'Quay gives 50 tags a page, whatever is asked for',
  'tags-100-a-page': 'GHCR gives 100 tags a page, whatever is asked for',
  'tags-all-at-once': 'docker-registry 2.8 ignores n and last and gives all tags',
  'tags-n-max-1000': 'distribution 3.1 and ECR refuse n over 1000',
  'tags-link-only-with-n': 'zot tells of a next page only where n was sent',
  'tags-without-link': 'old registries give pages by n and last, and no Link',
  'immutable-tags':
    'ECR in its immutable mode refuses to write a tag again, with the same manifest too',
  'no-create-on-push': 'ECR makes no repository by itself',
  'no-empty-blobs': 'Quay refuses blobs of no bytes',
  'no-empty-manifests': 'Quay refuses manifests without layers',
  'types-allow-listed': 'GitLab takes only the artifact and config types that it knows',
  'missing-blobs-taken': 'zot does not check the blobs of a manifest with a config type of its own',
  '429-text': 'Docker Hub says 429 to pulls, in words and not JSON',
  'authenticate-on-200': 'zot sends WWW-Authenticate with answers that need no answer to it',
  'basic-bare': 'zot and ECR ask for Basic, zot in lower case and without quotes',
  'realm-unquoted': 'zot and proxies send the parameters of a challenge without quotes',
  'challenges-in-one-field':
    'a registry in front of others offers Basic, Bearer and more in one field',
  'access-token-only':
    'ACR names its token access_token, for identity tokens alone, and none by GET',
} as const;

export type Quirk = keyof typeof quirks;

const mib = 1024 * 1024;
const html = { 'content-type': 'text/html' };
const knownTypes = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);

/** The hook of a switch, for those that have one. */
export const quirkHooks: { [Q in Quirk]?: (registry: ForeignRegistry) => Hook } = {
  'referrers-redirect': () => {
    let asked = 0;
    return ({ path }, response) => {
      if (path === '/login') return send(response, 200, html, '<html>');
      if (!path.includes('/referrers/')) return false;
      asked += 1;
      if (asked > 1) return send(response, 429, { 'content-type': 'text/plain' }, 'too many');
      return send(response, 303, { location: '/login' });
    };
  },

  'referrers-page': () =>
    onPath('/referrers/', (_, response) => send(response, 200, html, '<html>')),

  'referrers-name-unknown': (registry) =>
    onPath('/referrers/', ({ path }, response) => {
      const [, repository = ''] = /^\/v2\/(.+)\/referrers\//.exec(path) ?? [];
      return !registry.exists(repository) && fail(response, 404, 'NAME_UNKNOWN');
    }),

  'fallback-tag-is-subject':
    ({ manifests }) =>
    ({ method, path }, response) => {
      const [, repository, hex] = /^\/v2\/(.+)\/manifests\/sha256-([0-9a-f]{64})$/.exec(path) ?? [];
      const subject = manifests.get(`${repository} sha256:${hex}`);
      if (method !== 'GET' || !subject) return false;
      return send(response, 200, { 'content-type': subject.mediaType }, subject.bytes);
    },

  'delete-405':
    () =>
    ({ method }, response) =>
      method === 'DELETE' && fail(response, 405, 'UNSUPPORTED'),

  'delete-by-digest-only':
    () =>
    ({ method, path }, response) =>
      method === 'DELETE' && /\/manifests\/[^:]+$/.test(path) && fail(response, 405, 'UNSUPPORTED'),

  'chunk-max-4mib': () => async (request, response, message) => {
    if (request.method !== 'PATCH') return false;
    const length = await lengthOf(request, message);
    return length > 4 * mib && fail(response, 416, 'REQUESTED_RANGE_NOT_SATISFIABLE');
  },

  'body-max-1mib': () => async (request, response, message) => {
    const length = await lengthOf(request, message);
    return length > mib && send(response, 413, html, '<html>nginx');
  },

  'length-required': () => (request, response, message) => {
    if (request.headers['transfer-encoding'] === undefined) return false;
    message.resume();
    return send(response, 411, html, '<html>');
  },

  'mount-forgotten':
    () =>
    ({ query }, response) =>
      query.has('mount') && send(response, 201),

  'tags-n-max-1000': () =>
    onPath('/tags/', ({ query }, response) => {
      return Number(query.get('n') ?? 0) > 1000 && fail(response, 400, 'PAGINATION_NUMBER_INVALID');
    }),

  'immutable-tags':
    ({ manifests }) =>
    ({ method, path }, response, message) => {
      const [, repository, tag] = /^\/v2\/(.+)\/manifests\/([^:]+)$/.exec(path) ?? [];
      if (method !== 'PUT' || !manifests.has(`${repository} ${tag}`)) return false;
      message.resume();
      return fail(response, 400, 'TAG_INVALID');
    },

  'no-create-on-push':
    (registry) =>
    ({ method, path }, response) => {
      const [, repository = ''] = /^\/v2\/(.+)\/blobs\/uploads\/$/.exec(path) ?? [];
      if (method !== 'POST' || registry.exists(repository)) return false;
      return fail(response, 404, 'NAME_UNKNOWN');
    },

  'no-empty-blobs': () => async (request, response, message) => {
    const empty = `sha256:${createHash('sha256').digest('hex')}`;
    if (request.method !== 'PUT' || request.query.get('digest') !== empty) return false;
    message.resume();
    return fail(response, 400, 'BLOB_UPLOAD_INVALID');
  },

  'no-empty-manifests': () => refusingManifests(({ layers }) => !layers?.length),

  'types-allow-listed': () =>
    refusingManifests(({ artifactType, config }) => {
      return artifactType !== undefined || !knownTypes.has(config?.mediaType ?? '');
    }),

  '429-text': () => {
    const seen = new Set<string>();
    return ({ method, target }, response) => {
      if (method !== 'GET' || seen.has(target)) return false;
      seen.add(target);
      const said = 'You have reached your unauthenticated pull rate limit.';
      return send(response, 429, { 'retry-after': '1', 'content-type': 'text/plain' }, said);
    };
  },

  'authenticate-on-200': () => (_, response) => {
    response.setHeader('www-authenticate', 'basic realm=zot');
    return false;
  },
};

type Parts = { layers?: unknown[]; artifactType?: string; config?: { mediaType?: string } };

function refusingManifests(refused: (manifest: Parts) => boolean): Hook {
  return async ({ method, path }, response, message) => {
    if (method !== 'PUT' || !path.includes('/manifests/')) return false;
    const manifest = JSON.parse(String(await bodyOf(message))) as Parts & { manifests?: unknown };
    if (manifest.manifests !== undefined || !refused(manifest)) return false;
    return fail(response, 400, 'MANIFEST_INVALID');
  };
}

function onPath(part: string, hook: Hook): Hook {
  return (request, response, message) =>
    request.path.includes(part) && hook(request, response, message);
}

async function lengthOf(
  { headers }: Parameters<Hook>[0],
  message: Parameters<Hook>[2],
): Promise<number> {
  const told = headers['content-length'];
  if (told !== undefined && headers['transfer-encoding'] === undefined) return Number(told);
  return (await bodyOf(message)).length;
}
