// Requests that no registry may stumble over: each gets a problem document with this status and code, never a 500
// and never silence. The registry holds demo-lib@0.1.0; `archive` is one that it would take as bad-input@1.0.0.
import { mediaTypes } from '../../src/core/media-types.ts';

export type BadRequest = {
  name: string;
  /** The request, byte for byte. */
  bytes: Buffer;
  /** Whether the client then says that nothing more will come. */
  end?: boolean;
  expect: { status: number; code: string };
};

export type BadRequestTarget = { token: string; archive: Uint8Array };

type RequestParts = {
  method?: string;
  headers?: string[];
  body?: string | Uint8Array;
};
type Row = Omit<BadRequest, 'bytes'> & { bytes: string | Uint8Array };

const host = 'Host: registry.test';
const published = '/api/v1/packages/demo-lib/0.1.0';
const target = '/api/v1/packages/bad-input/1.0.0';

/** Every row, for a registry with this token. */
export function badRequests({ token, archive }: BadRequestTarget): BadRequest[] {
  const bearer = `Authorization: Bearer ${token}`;
  const rows: Row[] = [
    ...badNames(),
    ...badVersions(),
    ...badPaths(),
    ...badMethods(),
    ...badQueries(),
    ...badReadHeaders(),
    ...badCredentials(),
    ...badHttp(),
    ...badBodies(bearer, archive),
    ...badMultiparts(bearer, archive),
  ];
  return rows.map((row) => ({ ...row, bytes: Buffer.from(row.bytes as Uint8Array) }));
}

function badNames(): Row[] {
  const names: [string, string][] = [
    ['Demo', 'PKG_E_PACKAGE_NAME'],
    ['demo_lib', 'PKG_E_PACKAGE_NAME'],
    ['demo.lib', 'PKG_E_PACKAGE_NAME'],
    ['-demo', 'PKG_E_PACKAGE_NAME'],
    ['demo-', 'PKG_E_PACKAGE_NAME'],
    ['demo--lib', 'PKG_E_PACKAGE_NAME'],
    ['1demo', 'PKG_E_PACKAGE_NAME'],
    ['', 'PKG_E_PACKAGE_NAME'],
    ['.', 'PKG_E_PACKAGE_NAME'],
    ['..', 'PKG_E_PACKAGE_NAME'],
    ['%2e%2e', 'PKG_E_PACKAGE_NAME'],
    ['vitte-registry', 'PKG_E_PACKAGE_NAME'],
    ['vitte-registry/terms', 'PKG_E_PACKAGE_NAME'],
    ['demo%00', 'PKG_E_PACKAGE_NAME'],
    ['demo%0d%0aX:y', 'PKG_E_PACKAGE_NAME'],
    ['demo%20lib', 'PKG_E_PACKAGE_NAME'],
    ['d%C3%A9mo', 'PKG_E_PACKAGE_NAME'],
    ['roussov%2Fdemo', 'PKG_E_PACKAGE_NAME'],
    ['roussov%252Fdemo', 'PKG_E_PACKAGE_NAME'],
    ['roussov/demo%2Flib', 'PKG_E_PACKAGE_NAME'],
    ['roussov/Demo', 'PKG_E_PACKAGE_NAME'],
    ['roussov\\demo', 'PKG_E_PACKAGE_NAME'],
    ['a'.repeat(65), 'PKG_E_PACKAGE_NAME'],
    [`${'a'.repeat(65)}/b`, 'PKG_E_PACKAGE_NAME'],
    ['a'.repeat(8_000), 'PKG_E_PACKAGE_NAME'],
    ['demo%', 'PKG_E_REQUEST'],
    ['demo%zz', 'PKG_E_REQUEST'],
    ['demo%ff', 'PKG_E_REQUEST'],
    ['demo%ed%a0%80', 'PKG_E_REQUEST'],
  ];
  const routes = ['', '/0.1.0', '/0.1.0/download', '/0.1.0/signatures', '/0.1.0/readme'];
  return names.flatMap(([name, code]) => [
    ...routes.map((rest) =>
      row(`GET /packages/${short(name)}${rest}`, 400, code, {}, `/api/v1/packages/${name}${rest}`),
    ),
    row(
      `PUT /packages/${short(name)}/0.1.0`,
      400,
      code,
      { method: 'PUT' },
      `/api/v1/packages/${name}/0.1.0`,
    ),
  ]);
}

function badVersions(): Row[] {
  const versions: [string, string][] = [
    ['1', 'PKG_E_PACKAGE_VERSION'],
    ['1.2', 'PKG_E_PACKAGE_VERSION'],
    ['1.2.3.4', 'PKG_E_PACKAGE_VERSION'],
    ['01.2.3', 'PKG_E_PACKAGE_VERSION'],
    ['1.2.3-', 'PKG_E_PACKAGE_VERSION'],
    ['1.2.3-01', 'PKG_E_PACKAGE_VERSION'],
    ['1.2.3+', 'PKG_E_PACKAGE_VERSION'],
    ['1.2.3_beta', 'PKG_E_PACKAGE_VERSION'],
    ['1.2.3%20', 'PKG_E_PACKAGE_VERSION'],
    ['1.2.3%00', 'PKG_E_PACKAGE_VERSION'],
    ['1.2.3%2Fdownload', 'PKG_E_PACKAGE_VERSION'],
    ['1.2.3%252F', 'PKG_E_PACKAGE_VERSION'],
    ['1.2.x', 'PKG_E_PACKAGE_VERSION'],
    ['v1.2', 'PKG_E_PACKAGE_VERSION'],
    ['%5E1.2.3', 'PKG_E_PACKAGE_VERSION'],
    ['latest', 'PKG_E_PACKAGE_VERSION'],
    [`1.2.3-${'a'.repeat(251)}`, 'PKG_E_PACKAGE_VERSION'],
    [`1.2.${'3'.repeat(8_000)}`, 'PKG_E_PACKAGE_VERSION'],
    ['1.2.3%zz', 'PKG_E_REQUEST'],
    ['1.2.3%ff', 'PKG_E_REQUEST'],
  ];
  return versions.flatMap(([version, code]) =>
    ['', '/download', '/signatures', '/readme', undefined].map((rest) => {
      // With a full name before it, whatever stands last is meant as a version.
      const path = `/api/v1/packages/roussov/demo-lib/${version}${rest ?? ''}`;
      const method = rest === undefined ? 'PUT' : 'GET';
      return row(`${method} …/${short(version)}${rest ?? ''}`, 400, code, { method }, path);
    }),
  );
}

function badPaths(): Row[] {
  const missing: [string, string][] = [
    ['/', 'PKG_E_ROUTE'],
    ['/api', 'PKG_E_ROUTE'],
    ['/api/v1', 'PKG_E_ROUTE'],
    ['/api/v2/registry', 'PKG_E_ROUTE'],
    ['/API/V1/registry', 'PKG_E_ROUTE'],
    ['//api/v1/registry', 'PKG_E_ROUTE'],
    ['/api/v1/registry/', 'PKG_E_ROUTE'],
    ['/api/v1/../v1/registry', 'PKG_E_ROUTE'],
    ['/api/v1/packages/demo-lib/0.1.0/unknown', 'PKG_E_ROUTE'],
    ['/api/v1/packages/demo-lib/0.1.0/download/x', 'PKG_E_ROUTE'],
    ['/api/v1/packages/demo-lib/-/owners', 'PKG_E_ROUTE'],
    ['/api/v1/packages/roussov/demo-lib/-/owners', 'PKG_E_ROUTE'],
    ['/schemas/../openapi.yaml', 'PKG_E_ROUTE'],
    ['/schemas/..%2Fopenapi.yaml', 'PKG_E_NOT_FOUND'],
    ['/schemas/unknown.json', 'PKG_E_NOT_FOUND'],
    ['/api/v1/packages/unknown', 'PKG_E_NOT_FOUND'],
    ['/api/v1/packages/constructor', 'PKG_E_NOT_FOUND'],
    ['/api/v1/packages/roussov/unknown', 'PKG_E_NOT_FOUND'],
    ['/api/v1/packages/roussov/v8', 'PKG_E_NOT_FOUND'],
    ['/api/v1/packages/demo-lib/9.9.9', 'PKG_E_NOT_FOUND'],
    ['/api/v1/packages/unknown/1.0.0/download', 'PKG_E_NOT_FOUND'],
    ['/api/v1/packages/unknown/1.0.0/signatures', 'PKG_E_NOT_FOUND'],
    ['/api/v1/packages/unknown/1.0.0/readme', 'PKG_E_NOT_FOUND'],
  ];
  const unreadable = [
    'api',
    '/\u00e9',
    '/x#fragment',
    'ftp://registry.test/',
    'http://[::1/registry',
    '*',
  ];
  return [
    ...missing.map(([path, code]) => row(`GET ${path}`, 404, code, {}, path)),
    ...unreadable.slice(0, 4).map((path) => row(`GET ${path}`, 400, 'PKG_E_REQUEST', {}, path)),
    ...unreadable.slice(4).map((path) => row(`GET ${path}`, 404, 'PKG_E_ROUTE', {}, path)),
  ];
}

function badMethods(): Row[] {
  const paths = [
    '/api/v1/registry',
    '/api/v1/whoami',
    '/api/v1/packages',
    '/api/v1/packages/demo-lib',
    '/api/v1/packages/roussov/demo-lib',
    published,
    `${published}/download`,
    `${published}/signatures`,
    `${published}/readme`,
    '/api/v1/changes',
    '/healthz',
    '/readyz',
    '/openapi.yaml',
    '/schemas/problem.json',
  ];
  return paths.flatMap((path) =>
    ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND']
      .filter((method) => !(method === 'PUT' && path === published))
      .map((method) => row(`${method} ${path}`, 405, 'PKG_E_METHOD', { method, body: '{}' }, path)),
  );
}

function badQueries(): Row[] {
  const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const packages = [
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=abc',
    'limit=1.5',
    'limit=1e1',
    'limit=0x10',
    'limit=%201',
    'limit=',
    'limit=99999999999999999999',
    'limit=1&limit=2',
    'q=a&q=b',
    `q=${'a'.repeat(257)}`,
    `q=${'a'.repeat(5_000)}`,
    'q=%zz',
    'q=%ff',
    'namespace=Roussov',
    'namespace=a/b',
    'namespace=',
    'cursor=',
    'cursor=!!',
    'cursor=AAAA',
    `cursor=${'A'.repeat(513)}`,
    `cursor=${forged({})}`,
    `cursor=${forged(['list'])}`,
    `cursor=${forged(['list', '00000000', 'demo-lib'])}`,
    `cursor=${forged(['search', '00000000', '0'])}`,
    `q=demo&cursor=${forged(['search', '00000000', '1e9'])}`,
    `cursor=${forged(null)}`,
  ];
  const changes = [
    'since=-1',
    'since=abc',
    'since=1.5',
    'since=',
    'since=99999999999999999999',
    'since=1&since=2',
    'limit=0',
    'limit=1001',
    'limit=x',
  ];
  return [
    ...packages.map((query) =>
      row(`GET /packages?${short(query)}`, 400, 'PKG_E_REQUEST', {}, `/api/v1/packages?${query}`),
    ),
    ...changes.map((query) =>
      row(`GET /changes?${short(query)}`, 400, 'PKG_E_REQUEST', {}, `/api/v1/changes?${query}`),
    ),
  ];
}

function badReadHeaders(): Row[] {
  const sequences = [
    'abc',
    'abc:',
    ':1',
    'abc:-1',
    'abc:1.5',
    'abc:1e3',
    'abc:1 2',
    `abc:${'9'.repeat(16)}`,
    'a_b:1',
    '1:2:3',
  ];
  const ranges = [
    'bytes=999999999-',
    'bytes=-0',
    'bytes=2-1',
    'bytes=abc',
    'bytes=-',
    'bytes=1',
    'bytes=',
    `bytes=${'9'.repeat(400)}-`,
  ];
  const read = [
    '/api/v1/registry',
    '/api/v1/packages',
    '/api/v1/packages/demo-lib',
    `${published}/download`,
    '/api/v1/changes',
  ];
  return [
    ...sequences.flatMap((value) =>
      read.map((path) =>
        row(
          `GET ${path}, Vitte-Min-Sequence: ${short(value)}`,
          400,
          'PKG_E_REQUEST',
          { headers: [`Vitte-Min-Sequence: ${value}`] },
          path,
        ),
      ),
    ),
    row(
      'Vitte-Min-Sequence twice',
      400,
      'PKG_E_REQUEST',
      { headers: ['Vitte-Min-Sequence: a:1', 'Vitte-Min-Sequence: a:2'] },
      '/api/v1/registry',
    ),
    ...ranges.map((range) =>
      row(
        `Range: ${short(range)}`,
        416,
        'PKG_E_RANGE',
        { headers: [`Range: ${range}`] },
        `${published}/download`,
      ),
    ),
    ...['/api/v1/registry', '/api/v1/packages/demo-lib', `${published}/download`].map((path) =>
      row(
        `GET ${path}, If-Match of another`,
        412,
        'PKG_E_PRECONDITION',
        { headers: ['If-Match: "other"'] },
        path,
      ),
    ),
  ];
}

function badCredentials(): Row[] {
  const headers: [string, string[]][] = [
    ['another scheme', ['Authorization: Basic dXNlcjpwYXNz']],
    ['no token', ['Authorization: Bearer']],
    ['an empty header', ['Authorization: ']],
    ['two words', ['Authorization: Bearer a b']],
    ['a control character', ['Authorization: Bearer a\tb']],
    ['a token that is not known', ['Authorization: Bearer vit_unknown']],
    ['a token over 8 KiB', [`Authorization: Bearer ${'a'.repeat(9_000)}`]],
    ['two headers', ['Authorization: Bearer a', 'Authorization: Bearer b']],
  ];
  const archive = { body: 'x', type: `Content-Type: ${mediaTypes.vitmod}` };
  return [
    row(
      'PUT without a token',
      401,
      'PKG_E_TOKEN',
      { method: 'PUT', headers: [archive.type], body: archive.body },
      target,
    ),
    ...headers.flatMap(([name, lines]) => [
      row(
        `PUT with ${name}`,
        401,
        'PKG_E_TOKEN',
        { method: 'PUT', headers: [...lines, archive.type], body: archive.body },
        target,
      ),
      row(`GET with ${name}`, 401, 'PKG_E_TOKEN', { headers: lines }, '/api/v1/whoami'),
      row(`download with ${name}`, 401, 'PKG_E_TOKEN', { headers: lines }, `${published}/download`),
    ]),
  ];
}

/** What is no HTTP, or HTTP that two readers take for different things. */
function badHttp(): Row[] {
  const get = 'GET /api/v1/registry HTTP/1.1\r\n';
  const bad = (name: string, bytes: string, status = 400, code = 'PKG_E_REQUEST'): Row => ({
    name,
    bytes: Buffer.from(bytes, 'latin1'),
    expect: { status, code },
  });
  return [
    bad('garbage', 'garbage\r\n\r\n'),
    bad('a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
    bad('an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    bad('a method that does not exist', `BREW /api/v1/registry HTTP/1.1\r\n${host}\r\n\r\n`),
    bad('a method in lower case', `get /api/v1/registry HTTP/1.1\r\n${host}\r\n\r\n`),
    bad('a version that does not exist', `GET /api/v1/registry HTTP/9.9\r\n${host}\r\n\r\n`),
    bad('a space in the target', `GET /api/v1/ registry HTTP/1.1\r\n${host}\r\n\r\n`),
    bad('no Host', `${get}\r\n`),
    bad('an unknown expectation', `${get}${host}\r\nExpect: the-unexpected\r\n\r\n`),
    bad('a header without a colon', `${get}${host}\r\nnonsense\r\n\r\n`),
    bad('a space before the colon', `${get}${host}\r\nX-Y : z\r\n\r\n`),
    bad('a NUL in a header', `${get}${host}\r\nX-Y: a\0b\r\n\r\n`),
    bad('a bare CR in a header', `${get}${host}\r\nX-Y: a\rb\r\n\r\n`),
    bad(
      'a header over 16 KiB',
      `${get}${host}\r\nX-Y: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      'PKG_E_HEADER_SIZE',
    ),
    bad(
      'a thousand headers',
      `${get}${host}\r\n${'X-Y: 0123456789\r\n'.repeat(1_200)}\r\n`,
      431,
      'PKG_E_HEADER_SIZE',
    ),
    bad(
      'a target over 16 KiB',
      `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n\r\n`,
      431,
      'PKG_E_HEADER_SIZE',
    ),
    ...['abc', '-1', '1.5', '0x10', '', '+1', '1 1', '99999999999999999999999'].map((length) =>
      bad(
        `Content-Length: ${length}`,
        `PUT ${target} HTTP/1.1\r\n${host}\r\nContent-Length: ${length}\r\n\r\nx`,
      ),
    ),
    bad(
      'two lengths',
      `PUT ${target} HTTP/1.1\r\n${host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx`,
    ),
    bad(
      'a length and chunks',
      `PUT ${target} HTTP/1.1\r\n${host}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ),
    bad(
      'an unknown transfer encoding',
      `PUT ${target} HTTP/1.1\r\n${host}\r\nTransfer-Encoding: rot13\r\n\r\nx`,
    ),
    bad('CONNECT', `CONNECT registry.test:443 HTTP/1.1\r\n${host}\r\n\r\n`, 405, 'PKG_E_METHOD'),
    bad(
      'an upgrade to a place that is not there',
      `GET /socket HTTP/1.1\r\n${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      404,
      'PKG_E_ROUTE',
    ),
    {
      ...bad('headers cut short', `${get}${host}\r\nX-Y: a`, 400, 'PKG_E_BODY_TRUNCATED'),
      end: true,
    },
  ];
}

function badBodies(bearer: string, archive: Uint8Array): Row[] {
  const type = `Content-Type: ${mediaTypes.vitmod}`;
  const put = (
    name: string,
    status: number,
    code: string,
    headers: string[],
    body?: string | Uint8Array,
  ) =>
    row(
      `PUT with ${name}`,
      status,
      code,
      { method: 'PUT', headers: [bearer, ...headers], ...(body === undefined ? {} : { body }) },
      target,
    );
  const open = (
    name: string,
    headers: string[],
    body: string | Uint8Array,
    status = 400,
    code = 'PKG_E_BODY_TRUNCATED',
  ): Row => ({
    ...put(name, status, code, headers),
    bytes: Buffer.concat([
      head('PUT', target, [bearer, ...headers]),
      Buffer.from(body as Uint8Array),
    ]),
    end: true,
  });
  const half = archive.subarray(0, Math.ceil(archive.length / 2));
  const chunk = (bytes: Uint8Array) =>
    Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes]);
  return [
    put('no body', 400, 'PKG_E_REQUEST', [type, 'Content-Length: 0']),
    put('neither length nor chunks', 400, 'PKG_E_REQUEST', [type]),
    put('no Content-Type', 415, 'PKG_E_MEDIA_TYPE', [], 'x'),
    put(
      'a type that is no package',
      415,
      'PKG_E_MEDIA_TYPE',
      ['Content-Type: application/zip'],
      'x',
    ),
    put(
      'a form',
      415,
      'PKG_E_MEDIA_TYPE',
      ['Content-Type: multipart/form-data; boundary=x'],
      '--x--',
    ),
    put('a type that can not be read', 400, 'PKG_E_REQUEST', ['Content-Type: nonsense'], 'x'),
    put(
      'an endless type',
      400,
      'PKG_E_REQUEST',
      [`Content-Type: ${mediaTypes.vitmod}; x=${'y'.repeat(600)}`],
      'x',
    ),
    put('two types', 400, 'PKG_E_REQUEST', [type, 'Content-Type: application/zip'], 'x'),
    put('an encoded body', 415, 'PKG_E_MEDIA_TYPE', [type, 'Content-Encoding: gzip'], 'x'),
    put(
      'two encodings',
      415,
      'PKG_E_MEDIA_TYPE',
      [type, 'Content-Encoding: identity', 'Content-Encoding: br'],
      'x',
    ),
    {
      ...put('a body over the limit', 413, 'PKG_E_BODY_SIZE', []),
      bytes: head('PUT', target, [bearer, type, 'Content-Length: 99999999999999']),
    },
    open('a body that never comes', [type, 'Content-Length: 10'], ''),
    open('a body cut short', [type, `Content-Length: ${archive.length}`], half),
    open('no chunk', [type, 'Transfer-Encoding: chunked'], ''),
    open('chunks that are cut short', [type, 'Transfer-Encoding: chunked'], chunk(half)),
    open(
      'chunks without an end',
      [type, 'Transfer-Encoding: chunked'],
      Buffer.concat([chunk(half), Buffer.from('\r\n')]),
    ),
    open(
      'a chunk size that is none',
      [type, 'Transfer-Encoding: chunked'],
      'zz\r\nx\r\n',
      400,
      'PKG_E_REQUEST',
    ),
    open(
      'a chunk longer than it says',
      [type, 'Transfer-Encoding: chunked'],
      Buffer.concat([Buffer.from('1\r\n'), archive.subarray(0, 9)]),
      400,
      'PKG_E_REQUEST',
    ),
  ];
}

function badMultiparts(bearer: string, archive: Uint8Array): Row[] {
  const boundary = 'edge';
  const mixed = `Content-Type: multipart/mixed; boundary=${boundary}`;
  const bundleType = `Content-Type: ${mediaTypes.sigstoreBundle}`;
  const archiveType = `Content-Type: ${mediaTypes.vitmod}`;
  const part = (lines: string[], body: string | Uint8Array) =>
    Buffer.concat([
      Buffer.from(`--${boundary}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1'),
      Buffer.from(body as Uint8Array),
      Buffer.from('\r\n'),
    ]);
  const bundle = part([bundleType], '{}');
  const archived = part([archiveType], archive);
  const close = Buffer.from(`--${boundary}--\r\n`);
  const put = (
    name: string,
    pieces: (string | Uint8Array)[],
    status = 400,
    code = 'PKG_E_REQUEST',
    type = mixed,
  ) =>
    row(
      `multipart with ${name}`,
      status,
      code,
      {
        method: 'PUT',
        headers: [bearer, type],
        body: Buffer.concat(pieces.map((piece) => Buffer.from(piece as Uint8Array))),
      },
      target,
    );
  const types: [string, string][] = [
    ['no boundary', 'multipart/mixed'],
    ['an empty boundary', 'multipart/mixed; boundary=""'],
    ['a boundary over 70 characters', `multipart/mixed; boundary=${'b'.repeat(71)}`],
    ['a boundary that ends with a space', 'multipart/mixed; boundary="b "'],
    ['a boundary of other characters', 'multipart/mixed; boundary="b<>"'],
    ['two boundaries', 'multipart/mixed; boundary=edge; boundary=other'],
    ['parameters that can not be read', 'multipart/mixed; boundary'],
    ['an unclosed quote', 'multipart/mixed; boundary="edge'],
  ];
  return [
    ...types.map(([name, type]) =>
      put(name, [archived, close], 400, 'PKG_E_REQUEST', `Content-Type: ${type}`),
    ),
    put('nothing', ['\r\n'], 400, 'PKG_E_BODY_TRUNCATED'),
    put(
      'another boundary',
      [String(Buffer.from(close)).replaceAll(boundary, 'other')],
      400,
      'PKG_E_BODY_TRUNCATED',
    ),
    put('a preamble over 1 KiB', ['x'.repeat(2_000), '\r\n', archived, close]),
    put('no part', [close]),
    put('no archive', [bundle, close]),
    put('two archives', [archived, archived, close]),
    put('a bundle behind the archive', [archived, bundle, close]),
    put(
      '17 bundles',
      [...Array.from({ length: 17 }, () => bundle), archived, close],
      422,
      'PKG_E_SIGNATURE_LIMIT',
    ),
    put(
      'a bundle over 64 KiB',
      [part([bundleType], 'x'.repeat(65_537)), archived, close],
      422,
      'PKG_E_SIGNATURE_LIMIT',
    ),
    put(
      'a part of another type',
      [part(['Content-Type: application/json'], '{}'), archived, close],
      415,
      'PKG_E_MEDIA_TYPE',
    ),
    put(
      'a part within a part',
      [part(['Content-Type: multipart/mixed; boundary=x'], ''), archived, close],
      415,
      'PKG_E_MEDIA_TYPE',
    ),
    put('a part without headers', [part([], '{}'), archived, close], 415, 'PKG_E_MEDIA_TYPE'),
    put(
      'a part without a type',
      [part(['X-Y: z'], '{}'), archived, close],
      415,
      'PKG_E_MEDIA_TYPE',
    ),
    put('a part whose type can not be read', [
      part(['Content-Type: nonsense'], '{}'),
      archived,
      close,
    ]),
    put('a part with two types', [part([bundleType, bundleType], '{}'), archived, close]),
    put(
      'a part in base64',
      [part([bundleType, 'Content-Transfer-Encoding: base64'], 'e30='), archived, close],
      415,
      'PKG_E_MEDIA_TYPE',
    ),
    put(
      'a part that is compressed',
      [part([archiveType, 'Content-Encoding: gzip'], archive), close],
      415,
      'PKG_E_MEDIA_TYPE',
    ),
    put('a header that is none', [part([bundleType, 'nonsense'], '{}'), archived, close]),
    put('a folded header', [part([bundleType, ' folded'], '{}'), archived, close]),
    put('headers over 8 KiB', [
      part([bundleType, `X-Y: ${'a'.repeat(9_000)}`], '{}'),
      archived,
      close,
    ]),
    put('headers without an end', [`--${boundary}\r\nX-Y: ${'a'.repeat(9_000)}`]),
    put(
      'a key that is not base64',
      [part([bundleType, 'Vitte-Signature-Key: ****'], '{}'), archived, close],
      422,
      'PKG_E_KEY_FORMAT',
    ),
    put(
      'an empty key',
      [part([bundleType, 'Vitte-Signature-Key:'], '{}'), archived, close],
      422,
      'PKG_E_KEY_FORMAT',
    ),
    put(
      'a key over 1 KiB',
      [part([bundleType, `Vitte-Signature-Key: ${'A'.repeat(2_000)}`], '{}'), archived, close],
      422,
      'PKG_E_KEY_FORMAT',
    ),
    put('text behind a boundary', [
      `--${boundary}x\r\n${archiveType}\r\n\r\n`,
      archive,
      '\r\n',
      close,
    ]),
    put('text behind the last boundary', [archived, `--${boundary}--x\r\n`]),
    put('an epilogue over 1 KiB', [archived, close, 'x'.repeat(2_000)]),
    put(
      'a bundle cut short',
      [part([bundleType], '{}').subarray(0, -4)],
      400,
      'PKG_E_BODY_TRUNCATED',
    ),
    put('an archive cut short', [archived.subarray(0, -4)], 400, 'PKG_E_BODY_TRUNCATED'),
    put('no last boundary', [archived], 400, 'PKG_E_BODY_TRUNCATED'),
    put('half a last boundary', [archived, close.subarray(0, 4)], 400, 'PKG_E_BODY_TRUNCATED'),
    put(
      'a last boundary without its dashes',
      [archived, `--${boundary}`],
      400,
      'PKG_E_BODY_TRUNCATED',
    ),
    put(
      'line feeds alone',
      [String(Buffer.from(bundle)).replaceAll('\r', ''), close],
      400,
      'PKG_E_BODY_TRUNCATED',
    ),
  ];
}

function row(name: string, status: number, code: string, parts: RequestParts, path: string): Row {
  const { method = 'GET', headers = [], body } = parts;
  const bytes = Buffer.from((body ?? '') as Uint8Array);
  const length = body === undefined ? [] : [`Content-Length: ${bytes.length}`];
  return {
    name,
    bytes: Buffer.concat([head(method, path, [...headers, ...length]), bytes]),
    expect: { status, code },
  };
}

function head(method: string, path: string, headers: string[]): Buffer {
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\n${[host, ...headers].join('\r\n')}\r\n\r\n`,
    'latin1',
  );
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}… (${text.length})` : text;
}
