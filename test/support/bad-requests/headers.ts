import { archiveType, type BadRequest, published, row, short, target } from './row.ts';

export function badQueries(): BadRequest[] {
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

export function badReadHeaders(): BadRequest[] {
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

export function badCredentials(): BadRequest[] {
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
  return [
    row(
      'PUT without a token',
      401,
      'PKG_E_TOKEN',
      { method: 'PUT', headers: [archiveType], body: 'x' },
      target,
    ),
    ...headers.flatMap(([name, lines]) => [
      row(
        `PUT with ${name}`,
        401,
        'PKG_E_TOKEN',
        { method: 'PUT', headers: [...lines, archiveType], body: 'x' },
        target,
      ),
      row(`GET with ${name}`, 401, 'PKG_E_TOKEN', { headers: lines }, '/api/v1/whoami'),
      row(`download with ${name}`, 401, 'PKG_E_TOKEN', { headers: lines }, `${published}/download`),
    ]),
  ];
}
