import { type BadRequest, head, published, row } from './row.ts';

const json = 'Content-Type: application/json';
const owners = '/api/v1/packages/demo-lib/-/owners';
const deprecation = '/api/v1/packages/demo-lib/-/deprecation';

/** Requests that change a package, or ask for several, with what is no answer to them. */
export function badJsonBodies(bearer: string): BadRequest[] {
  const ask = (
    name: string,
    [method, path, ...headers]: [string, string, ...string[]],
    body: string | Uint8Array | undefined,
    status = 400,
    code = 'PKG_E_REQUEST',
  ): BadRequest => {
    const parts = { method, headers, ...(body === undefined ? {} : { body }) };
    return row(`${method} ${path} with ${name}`, status, code, parts, path);
  };
  const put = (path: string): [string, string, string, string] => ['PUT', path, bearer, json];
  const post: [string, string, string] = ['POST', '/api/v1/index', json];
  const yank = put(`${published}/yank`);
  const changes: [string, string][] = [
    ['PUT', `${published}/yank`],
    ['DELETE', `${published}/yank`],
    ['PUT', deprecation],
    ['DELETE', deprecation],
    ['PUT', `${owners}/bob`],
    ['DELETE', `${owners}/bob`],
  ];
  return [
    ...changes.map((place) => ask('no token', place, undefined, 401, 'PKG_E_TOKEN')),
    ...changes.map(([method, path]) =>
      ask(
        'a package that is not there',
        [method, path.replace('demo-lib', 'unknown'), bearer, json],
        method === 'PUT' ? '{"message":"m"}' : undefined,
        404,
        'PKG_E_NOT_FOUND',
      ),
    ),
    ask('no JSON', yank, 'reason=x'),
    ask('half of a document', yank, '{"reason":"x"'),
    ask('a list', yank, '[]'),
    ask('null', yank, 'null'),
    ask('a number for a reason', yank, '{"reason":1}'),
    ask('a reason twice', yank, '{"reason":"a","reason":"b"}'),
    ask('a line break in the reason', yank, '{"reason":"a\\nb"}', 400, 'PKG_E_REMARK'),
    ask('an escape in the reason', yank, '{"reason":"a\\u001b[31m"}', 400, 'PKG_E_REMARK'),
    ask('a turned reason', yank, '{"reason":"a\\u202eb"}', 400, 'PKG_E_REMARK'),
    ask('half a character', yank, '{"reason":"\\ud800"}', 400, 'PKG_E_REMARK'),
    ask('a long reason', yank, `{"reason":"${'a'.repeat(1_001)}"}`, 400, 'PKG_E_REMARK'),
    ask('no UTF-8', yank, Buffer.from([0x22, 0xff, 0x22])),
    ask('deep nesting', yank, '['.repeat(100)),
    ask('200 KB', yank, `{"reason":"${'a'.repeat(200_000)}"}`, 413, 'PKG_E_BODY_SIZE'),
    ask(
      'a form',
      ['PUT', `${published}/yank`, bearer, 'Content-Type: text/plain'],
      '{}',
      415,
      'PKG_E_MEDIA_TYPE',
    ),
    ask('no type', ['PUT', `${published}/yank`, bearer], '{}', 415, 'PKG_E_MEDIA_TYPE'),
    ask('an encoded body', [...yank, 'Content-Encoding: gzip'], '{}', 415, 'PKG_E_MEDIA_TYPE'),
    ask(
      'a version that is not there',
      put('/api/v1/packages/demo-lib/9.9.9/yank'),
      '{}',
      404,
      'PKG_E_NOT_FOUND',
    ),
    ask('no message', put(deprecation), '{}'),
    ask('an unknown role', put(`${owners}/bob`), '{"role":"king"}'),
    ...[
      'Bob',
      '-bob',
      'bob@example.org',
      'a..b',
      'a'.repeat(65),
      'anonymous',
      'registry',
      '%0a',
    ].map((account) => ask('no account', put(`${owners}/${account}`), '{}', 400, 'PKG_E_ACCOUNT')),
    ask('no names', post, '{}'),
    ask('an empty list', post, '{"names":[]}'),
    ask(
      '501 names',
      post,
      JSON.stringify({ names: Array.from({ length: 501 }, (_, n) => `n${n}`) }),
    ),
    ask('a name that is none', post, '{"names":["No Name"]}', 400, 'PKG_E_PACKAGE_NAME'),
    ask('no body', ['POST', '/api/v1/index'], undefined),
    ask('no body', ['POST', '/api/v1/resolve'], undefined),
    ...badResolutions.map(([name, body, status, code]) =>
      ask(name, ['POST', '/api/v1/resolve', json], body, status, code),
    ),
    ask(
      'text',
      ['POST', '/api/v1/resolve', 'Content-Type: text/plain'],
      '{}',
      415,
      'PKG_E_MEDIA_TYPE',
    ),
    {
      ...ask('a body cut short', put(deprecation), undefined, 400, 'PKG_E_BODY_TRUNCATED'),
      bytes: Buffer.concat([
        head('PUT', deprecation, [bearer, json, 'Content-Length: 50']),
        Buffer.from('{"message":'),
      ]),
      end: true,
    },
  ];
}

/** Bodies of which nothing can be resolved. */
const badResolutions: [name: string, body: string, status?: number, code?: string][] = [
  ['no requirements', '{}'],
  ['a text for requirements', '{"requirements":"demo-lib"}'],
  ['rows that are texts', '{"requirements":["demo-lib"]}'],
  ['a row without a requirement', '{"requirements":[{"name":"demo-lib"}]}'],
  ['a number for a requirement', '{"requirements":{"demo-lib":1}}'],
  ['10,001 rows', `{"requirements":[${Array(10_001).fill('{"name":"a","requirement":""}')}]}`],
  ['a name that is none', '{"requirements":{"No Name":"*"}}', 400, 'PKG_E_PACKAGE_NAME'],
  ['no requirement', '{"requirements":{"demo-lib":"latest"}}', 400, 'PKG_E_REQUIREMENT'],
  ['an unknown mode', '{"requirements":{},"mode":"both"}'],
  ['a day that is none', '{"requirements":{},"asOf":"2026-02-31x"}'],
  ['an age that is text', '{"requirements":{},"minimumAgeSeconds":"7d"}'],
  [
    'a locked version that is none',
    '{"requirements":{},"locked":[{"name":"demo-lib","version":"1"}]}',
    400,
    'PKG_E_PACKAGE_VERSION',
  ],
  ['two overrides of a name', `{"requirements":{},"overrides":[${[1, 2].map(overriding)}]}`],
  ['an unknown package', '{"requirements":{"unknown":"*"}}', 422, 'PKG_E_DEPENDENCY_NOT_FOUND'],
  [
    'what no version satisfies',
    '{"requirements":{"demo-lib":"^9"}}',
    422,
    'PKG_E_DEPENDENCY_VERSION',
  ],
];

function overriding(number: number): string {
  return `{"name":"demo-lib","requirement":"${number}"}`;
}
