// Requests that `/v2/` refuses, and how. `code` is that of the distribution specification and ours: `NAME PKG_E_CODE`.
import { type BadRequest, head, row, short } from './row.ts';

const sha256 = `sha256:${'0'.repeat(64)}`;
const uploads = '/v2/demo/blobs/uploads/';
const image = 'Content-Type: application/vnd.oci.image.manifest.v1+json';

/** Every row, for a registry with this token and an upload of the repository `demo` under way at this location. */
export function badOciRequests(target: { token: string; location: string }): BadRequest[] {
  const bearer = `Authorization: Bearer ${target.token}`;
  return [
    ...badNames(bearer),
    ...badReferences(bearer),
    ...badPaths(),
    ...badMethods(bearer),
    ...badUploads(bearer, target.location),
    ...badManifests(bearer),
    ...badTokenRequests(target.token),
    ...badShapes(bearer),
  ];
}

function badNames(bearer: string): BadRequest[] {
  const invalid = 'NAME_INVALID PKG_E_REPOSITORY_NAME';
  const names: [string, string][] = [
    ['Demo', invalid],
    ['demo-', invalid],
    ['-demo', invalid],
    ['a..b', invalid],
    ['_a', invalid],
    ['.', invalid],
    ['..', invalid],
    ['a/../b', invalid],
    ['%2e%2e', invalid],
    ['a//b', invalid],
    ['/a', invalid],
    ['a%2Fb', invalid],
    ['a%5Cb', invalid],
    ['a%00', invalid],
    ['a%0d%0aX:y', invalid],
    ['a%20b', invalid],
    ['d%C3%A9mo', invalid],
    ['a'.repeat(256), invalid],
    [`${'a/'.repeat(2_000)}b`, invalid],
    ['a%', 'NAME_INVALID PKG_E_REQUEST'],
    ['a%zz', 'NAME_INVALID PKG_E_REQUEST'],
    ['a%ff', 'NAME_INVALID PKG_E_REQUEST'],
  ];
  return names.flatMap(([name, code]) => [
    row(`GET tags of ${short(name)}`, 400, code, {}, `/v2/${name}/tags/list`),
    row(`GET a blob of ${short(name)}`, 400, code, {}, `/v2/${name}/blobs/${sha256}`),
    row(`GET a manifest of ${short(name)}`, 400, code, {}, `/v2/${name}/manifests/one`),
    row(
      `POST an upload to ${short(name)}`,
      400,
      code,
      { method: 'POST', headers: [bearer] },
      `/v2/${name}/blobs/uploads/`,
    ),
  ]);
}

function badReferences(bearer: string): BadRequest[] {
  const digests = [
    'sha256:',
    'sha256:abc',
    `sha256:${'A'.repeat(64)}`,
    `sha256:${'0'.repeat(65)}`,
    `sha512:${'0'.repeat(64)}`,
    `md5:${'0'.repeat(32)}`,
    `sha1:${'0'.repeat(40)}`,
    'sha256:..%2f..%2fetc',
    `sha256%3A${'g'.repeat(64)}`,
    ':',
    `sha256:${'0'.repeat(8_000)}`,
  ];
  const tags = ['.hidden', '-dash', 'a%20b', 'a%2Fb', '..', 'd%C3%A9mo', 'a%00', 'a'.repeat(129)];
  const digestInvalid = 'DIGEST_INVALID PKG_E_DIGEST';
  const tagInvalid = 'MANIFEST_INVALID PKG_E_TAG';
  const put = { method: 'PUT', headers: [bearer, image], body: '{}' };
  return [
    ...[...digests, 'latest', 'sha256-abc'].flatMap((digest) => [
      row(`GET blob ${short(digest)}`, 400, digestInvalid, {}, `/v2/demo/blobs/${digest}`),
      row(`GET referrers ${short(digest)}`, 400, digestInvalid, {}, `/v2/demo/referrers/${digest}`),
    ]),
    ...digests.flatMap((digest) => [
      row(`GET manifest ${short(digest)}`, 400, digestInvalid, {}, `/v2/demo/manifests/${digest}`),
      row(`PUT manifest ${short(digest)}`, 400, digestInvalid, put, `/v2/demo/manifests/${digest}`),
    ]),
    ...tags.flatMap((tag) => [
      row(`GET manifest ${short(tag)}`, 400, tagInvalid, {}, `/v2/demo/manifests/${tag}`),
      row(`PUT manifest ${short(tag)}`, 400, tagInvalid, put, `/v2/demo/manifests/${tag}`),
    ]),
    ...['-1', 'x', '1e3', '%00', ''].map((n) =>
      row(
        `GET tags n=${n}`,
        400,
        'UNSUPPORTED PKG_E_REQUEST',
        { headers: [bearer] },
        `/v2/demo/tags/list?n=${n}`,
      ),
    ),
  ];
}

function badPaths(): BadRequest[] {
  return [
    '/v2/demo',
    '/v2//',
    '/v2/demo/',
    '/v2/demo/blobs',
    '/v2/demo/blobs/',
    '/v2/demo/manifests',
    '/v2/demo/manifests/',
    '/v2/demo/manifests/a/b',
    '/v2/demo/tags',
    '/v2/demo/tags/list/',
    '/v2/demo/referrers/',
    '/v2/tags/list',
    '/v2/_catalog',
    '/v2/token/',
    '/v2/demo/unknown/x',
    '/v2?x',
  ].map((path) =>
    path === '/v2?x'
      ? row(`GET ${path}`, 401, 'UNAUTHORIZED PKG_E_TOKEN', {}, path)
      : row(`GET ${path}`, 404, 'UNSUPPORTED PKG_E_ROUTE', {}, path),
  );
}

function badMethods(bearer: string): BadRequest[] {
  const all = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];
  const allowed: [string, string[]][] = [
    ['/v2/', []],
    ['/v2/token', ['POST']],
    ['/v2/demo/tags/list', []],
    [`/v2/demo/referrers/${sha256}`, []],
    [`/v2/demo/blobs/${sha256}`, ['DELETE']],
    ['/v2/demo/manifests/one', ['PUT', 'DELETE']],
    [uploads, ['POST']],
    [`${uploads}x`, ['PUT', 'PATCH', 'DELETE']],
  ];
  return allowed.flatMap(([path, methods]) =>
    all
      .filter((method) => !methods.includes(method))
      .map((method) =>
        row(
          `${method} ${path}`,
          405,
          'UNSUPPORTED PKG_E_METHOD',
          { method, headers: [bearer], body: '{}' },
          path,
        ),
      ),
  );
}

function badUploads(bearer: string, location: string): BadRequest[] {
  const headers = [bearer];
  const digestInvalid = 'DIGEST_INVALID PKG_E_DIGEST';
  const unknown = 'BLOB_UPLOAD_UNKNOWN PKG_E_UPLOAD_UNKNOWN';
  const patch = (name: string, status: number, code: string, more: string[], body = '0123') =>
    row(
      `PATCH ${name}`,
      status,
      code,
      { method: 'PATCH', headers: [...headers, ...more], body },
      location,
    );
  return [
    ...['x', 'sha256:x', ''].flatMap((digest) => [
      row(
        `POST a blob of digest ${digest}`,
        400,
        digestInvalid,
        { method: 'POST', headers, body: 'x' },
        `${uploads}?digest=${digest}`,
      ),
      row(
        `POST a mount of digest ${digest}`,
        400,
        digestInvalid,
        { method: 'POST', headers },
        `${uploads}?mount=${digest}&from=other`,
      ),
      row(
        `PUT of digest ${digest}`,
        400,
        digestInvalid,
        { method: 'PUT', headers, body: 'x' },
        `${location}?digest=${digest}`,
      ),
    ]),
    row(
      'POST of other content than its digest says',
      400,
      digestInvalid,
      { method: 'POST', headers, body: 'x' },
      `${uploads}?digest=${sha256}`,
    ),
    row('PUT without a digest', 400, digestInvalid, { method: 'PUT', headers }, location),
    ...['GET', 'PATCH', 'PUT', 'DELETE'].flatMap((method) =>
      ['x', '%00', 'A'.repeat(9_000), location.slice(uploads.length).slice(0, -2)].map((session) =>
        row(
          `${method} an upload that is none: ${short(session)}`,
          404,
          unknown,
          { method, headers },
          `${uploads}${session}?digest=${sha256}`,
        ),
      ),
    ),
    patch('of no range', 400, 'BLOB_UPLOAD_INVALID PKG_E_REQUEST', ['Content-Range: x']),
    patch('of a range from behind', 400, 'BLOB_UPLOAD_INVALID PKG_E_REQUEST', [
      'Content-Range: 5-2',
    ]),
    patch('of another length', 400, 'SIZE_INVALID PKG_E_REQUEST', ['Content-Range: 0-4']),
    patch('of a range too far on', 416, 'BLOB_UPLOAD_INVALID PKG_E_RANGE', ['Content-Range: 7-10']),
    {
      name: 'POST a blob over the limit',
      bytes: head('POST', `${uploads}?digest=${sha256}`, [bearer, 'Content-Length: 99999999999']),
      expect: { status: 413, code: 'SIZE_INVALID PKG_E_BODY_SIZE' },
    },
    {
      name: 'PATCH that ends early',
      bytes: Buffer.concat([
        head('PATCH', location, [bearer, 'Content-Length: 100']),
        Buffer.from('short'),
      ]),
      end: true,
      expect: { status: 400, code: 'SIZE_INVALID PKG_E_BODY_TRUNCATED' },
    },
    {
      name: 'PATCH of chunks that are none',
      bytes: Buffer.concat([
        head('PATCH', location, [bearer, 'Transfer-Encoding: chunked']),
        Buffer.from('zz\r\nhello\r\n'),
      ]),
      end: true,
      expect: { status: 400, code: 'UNSUPPORTED PKG_E_REQUEST' },
    },
  ];
}

function badManifests(bearer: string): BadRequest[] {
  const invalid = 'MANIFEST_INVALID PKG_E_DOCUMENT';
  const put = (name: string, body: string, type = image) =>
    row(
      `PUT ${name}`,
      400,
      invalid,
      { method: 'PUT', headers: [bearer, type], body },
      '/v2/demo/manifests/one',
    );
  return [
    put('nothing', ''),
    put('text', 'hello'),
    put('a list', '[]'),
    put('nested too deep', `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`),
    put('bytes that are no UTF-8', '{"a":"\u00ff'),
    put('an empty object', '{}'),
    put('of a type that is none', '{}', 'Content-Type: text/html'),
    put('of an endless type', '{}', `Content-Type: ${'a/'.repeat(2_000)}b`),
    {
      name: 'PUT a manifest over 4 MiB',
      bytes: head('PUT', '/v2/demo/manifests/one', [bearer, image, 'Content-Length: 4194305']),
      expect: { status: 413, code: 'SIZE_INVALID PKG_E_BODY_SIZE' },
    },
    {
      name: 'PUT a manifest that ends early',
      bytes: head('PUT', '/v2/demo/manifests/one', [bearer, image, 'Content-Length: 100']),
      end: true,
      expect: { status: 400, code: 'SIZE_INVALID PKG_E_BODY_TRUNCATED' },
    },
  ];
}

function badTokenRequests(token: string): BadRequest[] {
  const form = 'Content-Type: application/x-www-form-urlencoded';
  const post = (name: string, status: number, code: string, body: string) =>
    row(
      `POST a form ${name}`,
      status,
      code,
      { method: 'POST', headers: [form], body },
      '/v2/token',
    );
  const scopes = 'scope=repository:a:pull&'.repeat(17);
  return [
    post('of nothing', 400, 'UNSUPPORTED PKG_E_REQUEST', ''),
    post('of another grant', 400, 'UNSUPPORTED PKG_E_REQUEST', 'grant_type=implicit'),
    post('without a password', 401, 'UNAUTHORIZED PKG_E_TOKEN', 'grant_type=password'),
    post(
      'with a wrong password',
      401,
      'UNAUTHORIZED PKG_E_TOKEN',
      'grant_type=password&password=secret',
    ),
    post('too large', 413, 'SIZE_INVALID PKG_E_BODY_SIZE', 'a'.repeat(20_000)),
    post(
      'of too many scopes',
      400,
      'UNSUPPORTED PKG_E_REQUEST',
      `grant_type=password&password=${token}&${scopes}`,
    ),
    row(
      'GET a token of too many scopes',
      400,
      'UNSUPPORTED PKG_E_REQUEST',
      {},
      `/v2/token?${scopes}`,
    ),
    row(
      'GET a token of a scope too long',
      400,
      'UNSUPPORTED PKG_E_REQUEST',
      {},
      `/v2/token?scope=repository:${'a'.repeat(600)}:pull`,
    ),
    row(
      'GET a token with Basic that is none',
      401,
      'UNAUTHORIZED PKG_E_TOKEN',
      { headers: ['Authorization: Basic !!!'] },
      '/v2/token',
    ),
  ];
}

function badShapes(bearer: string): BadRequest[] {
  const shape = (name: string, headers: string[]) =>
    row(name, 400, 'UNSUPPORTED PKG_E_REQUEST', { headers }, '/v2/');
  return [
    shape('two hosts', ['Host: other.test']),
    shape('an expectation that is not known', ['Expect: wonders']),
    shape('an encoding that is not known', ['Transfer-Encoding: gzip']),
    row(
      'two Authorizations',
      401,
      'UNAUTHORIZED PKG_E_TOKEN',
      { headers: [bearer, bearer] },
      '/v2/',
    ),
  ];
}
