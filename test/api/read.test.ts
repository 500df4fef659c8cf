import { request } from 'undici';
import * as assert from 'uvu/assert';
import { VitteError } from '../../src/core/errors.ts';
import { parsePackageName } from '../../src/core/name.ts';
import { demoPath, publishDemo, putArchive } from '../support/api-requests.ts';
import { type ApiService, startApiService } from '../support/api-service.ts';
import { fakeStore, fakeToken } from '../support/fake-use-cases.ts';
import { checkSchema } from '../support/published-schemas.ts';
import { suite } from '../support/suite.ts';
import { openWire } from '../support/wire.ts';

const test = suite<{ service: ApiService }>('reading through the API');

test.before.each(async (context) => {
  context.service = await startApiService();
  await publishDemo(context.service);
});
test.after.each(async ({ service }) => service.stop());

const documents: [string, string][] = [
  ['/api/v1/registry', 'registry'],
  ['/api/v1/whoami', 'whoami'],
  ['/api/v1/packages', 'packages'],
  ['/api/v1/packages?q=demo', 'packages'],
  ['/api/v1/packages/demo-lib', 'package'],
  [demoPath, 'version'],
  [`${demoPath}/signatures`, 'signatures'],
  ['/api/v1/changes', 'changes'],
  ['/healthz', 'health'],
  ['/readyz', 'ready'],
];

test('every document is what its schema says', async ({ service }) => {
  for (const [path, schema] of documents) {
    const answer = await fetch(service.url + path);
    assert.is(answer.status, 200, path);
    assert.is(answer.headers.get('content-type'), 'application/json; charset=utf-8');
    checkSchema(schema, await answer.json());
  }
});

test('every GET has an ETag, answers 304 to it, and HEAD as GET without the body', async ({
  service,
}) => {
  const others = [
    `${demoPath}/readme`,
    `${demoPath}/download`,
    '/openapi.yaml',
    '/schemas/defs.json',
  ];
  for (const path of [...documents.map(([path]) => path), ...others]) {
    const got = await request(service.url + path);
    const body = Buffer.from(await got.body.arrayBuffer());
    const etag = String(got.headers.etag);
    assert.match(etag, /^"[\x21\x23-\x7e]+"$/, path);
    assert.is(Number(got.headers['content-length']), body.length, path);

    const head = await request(service.url + path, { method: 'HEAD' });
    assert.is(head.statusCode, 200, path);
    assert.is((await head.body.arrayBuffer()).byteLength, 0);
    for (const name of [
      'etag',
      'content-type',
      'content-length',
      'cache-control',
      'vitte-sequence',
    ]) {
      assert.is(head.headers[name], got.headers[name], `${name} of HEAD ${path}`);
    }
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await request(service.url + path, { headers: { 'If-None-Match': known } });
      assert.is(again.statusCode, 304, `${path} ${known}`);
      assert.is(again.headers.etag, etag);
      assert.is((await again.body.arrayBuffer()).byteLength, 0);
    }
    const other = await request(service.url + path, { headers: { 'If-None-Match': '"other"' } });
    assert.is(other.statusCode, 200);
    await other.body.dump();
  }
});

test('an answer that the index gave says at which number, of which store', async ({ service }) => {
  const paths = documents.map(([path]) => path).filter((path) => path.startsWith('/api/v1'));
  for (const path of [...paths, `${demoPath}/download`, `${demoPath}/readme`]) {
    const { headers } = await fetch(service.url + path);
    const expected = path === '/api/v1/whoami' ? null : `${fakeStore}:3`;
    assert.is(headers.get('vitte-sequence'), expected, path);
  }
});

test('Vitte-Min-Sequence of this store reaches the use case, one of another store does not', async ({
  service,
}) => {
  const ask = async (value: string) => {
    const answer = await fetch(`${service.url}/api/v1/packages/demo-lib`, {
      headers: { 'Vitte-Min-Sequence': value },
    });
    return { status: answer.status, minSequence: service.useCases.contexts.at(-1)?.minSequence };
  };
  assert.equal(await ask(`${fakeStore}:3`), { status: 200, minSequence: 3 });
  assert.equal(await ask(`${'f'.repeat(32)}:99`), { status: 200, minSequence: undefined });
  assert.equal(await ask(`${fakeStore}:4`), { status: 503, minSequence: 4 });
});

test('a part that is away is 503 with Retry-After, and its own words', async ({ service }) => {
  service.useCases.intercept = async () => {
    throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'the index does not answer');
  };
  const answer = await fetch(`${service.url}/api/v1/packages/demo-lib`);
  assert.is(answer.status, 503);
  assert.is(answer.headers.get('retry-after'), '1');
  const problem = (await answer.json()) as Record<string, unknown>;
  assert.is(problem.detail, 'the index does not answer');
  checkSchema('problem', problem);
});

test('an error that is not ours is a bare 500 that names the request, and the log has the rest', async ({
  service,
}) => {
  for (const error of [
    new Error('password hunter2 in /home/someone'),
    new VitteError('PKG_E_INTERNAL', 'hunter2'),
    new VitteError('PKG_E_CONFIG', 'hunter2'),
    Object.assign(new Error('hunter2'), { status: 404, expose: true }),
  ]) {
    service.useCases.intercept = async () => {
      throw error;
    };
    const answer = await fetch(`${service.url}${demoPath}`, {
      headers: { 'X-Request-Id': 'req-1' },
    });
    const text = await answer.text();
    assert.is(answer.status, 500);
    assert.not.match(text, /hunter2|home/);
    const problem = JSON.parse(text);
    checkSchema('problem', problem);
    assert.equal([problem.code, problem.requestId], ['PKG_E_INTERNAL', 'req-1']);
    assert.ok(service.log.some((line) => /"level":"error"/.test(line) && /hunter2/.test(line)));
  }
});

test('what the error carries stands in the problem, and never in the place of its own members', async ({
  service,
}) => {
  service.useCases.intercept = async () => {
    throw new VitteError('PKG_E_ARCHIVE_PATH', 'no', {
      data: { entry: '../x', status: 200, code: 'x' },
    });
  };
  const answer = await fetch(service.url + demoPath);
  const problem = (await answer.json()) as Record<string, unknown>;
  assert.is(answer.status, 422);
  assert.equal([problem.status, problem.code, problem.entry], [422, 'PKG_E_ARCHIVE_PATH', '../x']);
});

test('X-Request-Id is taken over where it has the form, else made', async ({ service }) => {
  const idOf = async (header: string) => {
    const answer = await fetch(`${service.url}/healthz`, { headers: { 'X-Request-Id': header } });
    return answer.headers.get('x-request-id') ?? '';
  };
  assert.is(await idOf('abc-1.2_Z'), 'abc-1.2_Z');
  for (const bad of ['a b', 'a"b', 'a'.repeat(65), 'é', '']) {
    assert.match(await idOf(bad), /^[0-9a-f-]{36}$/);
  }
});

test('pages of a list follow one another by cursor and by Link, without a gap', async ({
  service,
}) => {
  for (let n = 0; n < 7; n += 1) {
    await putArchive(service, `/api/v1/packages/roussov/lib-${n}/1.0.0`, `bytes ${n}`);
  }
  for (const query of [
    'limit=3',
    'q=lib&limit=2',
    'namespace=roussov&limit=2',
    'q=lib&namespace=roussov&limit=3',
  ]) {
    const names: string[] = [];
    let total = 0;
    let next: string | null = `/api/v1/packages?${query}`;
    while (next !== null) {
      const answer: Response = await fetch(new URL(next, service.url));
      const page = (await answer.json()) as {
        packages: { name: string }[];
        total: number;
        next: string | null;
      };
      checkSchema('packages', page);
      names.push(...page.packages.map(({ name }) => name));
      total = page.total;
      const link = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1] ?? null;
      assert.is(link === null, page.next === null);
      if (link !== null) assert.is(new URL(link).searchParams.get('cursor'), page.next);
      next = link;
    }
    assert.is(names.length, total, query);
    assert.is(new Set(names).size, total, query);
    assert.is(total, query.includes('namespace') ? 7 : 8, query);
  }
});

test('a cursor of one query is refused by another', async ({ service }) => {
  await putArchive(service, '/api/v1/packages/other-lib/1.0.0', 'bytes');
  const first = await fetch(`${service.url}/api/v1/packages?q=lib&limit=1`);
  const { next } = (await first.json()) as { next: string };
  const other = await fetch(`${service.url}/api/v1/packages?q=other&limit=1&cursor=${next}`);
  assert.is(other.status, 400);
  const list = await fetch(`${service.url}/api/v1/packages?limit=1&cursor=${next}`);
  assert.is(list.status, 400);
});

test('a blank search is a list, and unknown parameters are passed over', async ({ service }) => {
  const answer = await fetch(
    `${service.url}/api/v1/packages?q=%20+&colour=blue&colour=red&__proto__=x`,
  );
  assert.is(answer.status, 200);
  const { packages } = (await answer.json()) as { packages: { score?: number }[] };
  assert.equal(
    packages.map(({ score }) => score),
    [undefined],
  );
});

test('a package of the name constructor is a package like others', async ({ service }) => {
  const name = parsePackageName('constructor');
  assert.is((await putArchive(service, `/api/v1/packages/${name}/1.0.0`, 'x')).status, 201);
  assert.is((await fetch(`${service.url}/api/v1/packages/${name}`)).status, 200);
});

test('a version is found by its encoded form and with a leading v', async ({ service }) => {
  await putArchive(service, '/api/v1/packages/demo-lib/1.0.0%2Bbuild.7', 'x');
  for (const version of ['1.0.0+build.7', '1.0.0%2Bbuild.7', 'v1.0.0+build.7', '1%2E0.0+build.7']) {
    const answer = await fetch(`${service.url}/api/v1/packages/demo-lib/${version}`);
    const document = (await answer.json()) as { version: string; links: Record<string, string> };
    assert.is(document.version, '1.0.0+build.7', version);
    const link = document.links.download ?? '';
    assert.is(link, `${service.url}/api/v1/packages/demo-lib/1.0.0%2Bbuild.7/download`);
    assert.is((await fetch(link)).status, 200);
  }
});

test('a private entry shows its number and time alone, but to an administrator all', async ({
  service,
}) => {
  const eventsFor = async (headers: Record<string, string>) => {
    const answer = await fetch(`${service.url}/api/v1/changes?since=1&limit=1`, { headers });
    const { entries, next } = (await answer.json()) as {
      entries: Record<string, unknown>[];
      next: number;
    };
    assert.is(next, 2);
    return Object.keys(entries[0] ?? {}).sort();
  };
  assert.equal(await eventsFor({}), ['at', 'event', 'n']);
  const shown = await eventsFor({ Authorization: `Bearer ${fakeToken}` });
  assert.ok(shown.includes('sha256') && shown.includes('account'));
});

test('an entry of an event that this release does not know is shown as it was stored', async ({
  service,
}) => {
  service.useCases.changes = async () => ({
    sequence: 4,
    value: {
      store: fakeStore,
      next: undefined,
      entries: [
        {
          n: 4,
          at: '2026-11-01T00:00:00.004Z',
          id: 'id-4',
          actor: 'admin',
          event: 'unknown',
          fields: {
            n: 4,
            at: '2026-11-01T00:00:00.004Z',
            id: 'id-4',
            actor: 'admin',
            event: 'package painted',
            colour: 'blue',
          },
        },
      ],
    },
  });
  const answer = await fetch(`${service.url}/api/v1/changes?since=3`);
  const { entries, next } = (await answer.json()) as {
    entries: Record<string, unknown>[];
    next: null;
  };
  assert.is(next, null);
  assert.equal(
    [entries[0]?.event, entries[0]?.colour, entries[0]?.fields],
    ['package painted', 'blue', undefined],
  );
});

test('whoami tells the account of the token', async ({ service }) => {
  const ask = async (headers: Record<string, string>) =>
    (await fetch(`${service.url}/api/v1/whoami`, { headers })).json();
  assert.equal(await ask({}), {
    schema: 'vitte.registry.whoami.v1',
    account: 'anonymous',
    role: 'reader',
  });
  assert.equal(await ask({ Authorization: `Bearer ${fakeToken}` }), {
    schema: 'vitte.registry.whoami.v1',
    account: 'admin',
    role: 'admin',
  });
});

test('a package all of whose versions are yanked has no latest one, and is described by its highest', async ({
  service,
}) => {
  const { packageInfo } = service.useCases;
  service.useCases.packageInfo = async (name, context) => {
    const { sequence, value } = await packageInfo(name, context);
    return { sequence, value: { ...value, latest: undefined } };
  };
  const answer = await fetch(`${service.url}/api/v1/packages/demo-lib`);
  const document = (await answer.json()) as Record<string, unknown>;
  checkSchema('package', document);
  assert.is(document.latest, null);
  assert.type(document.description, 'string');
});

test('a README is Markdown that no browser runs', async ({ service }) => {
  const answer = await fetch(`${service.url}${demoPath}/readme`);
  assert.is(await answer.text(), '# demo-lib\n');
  assert.is(answer.headers.get('content-type'), 'text/markdown; charset=utf-8');
  assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.is(answer.headers.get('x-content-type-options'), 'nosniff');
});

test('readiness is 503 while a part is away, and while the server is on its way down', async ({
  service,
}) => {
  const { readiness } = service.useCases;
  service.useCases.readiness = async () => ({
    ready: false,
    parts: [{ part: 'storage', ok: false, detail: 'no answer' }],
  });
  const away = await fetch(`${service.url}/readyz`);
  assert.is(away.status, 503);
  checkSchema('ready', await away.json());
  service.useCases.readiness = readiness;
  assert.is((await fetch(`${service.url}/readyz`)).status, 200);
  service.setDraining();
  const leaving = await fetch(`${service.url}/readyz`);
  assert.is(leaving.status, 503);
  const document = (await leaving.json()) as Record<string, unknown>;
  checkSchema('ready', document);
  assert.is(document.draining, true);
});

test('OPTIONS names the methods of a path', async ({ service }) => {
  const answer = await fetch(service.url + demoPath, { method: 'OPTIONS' });
  assert.is(answer.status, 204);
  assert.is(answer.headers.get('allow'), 'GET, HEAD, OPTIONS, PUT');
});

test('the target may be in absolute form, as a proxy sends it', async ({ service }) => {
  const wire = await openWire(service.url);
  wire.write('GET http://registry.test/healthz?x=y HTTP/1.1\r\nHost: registry.test\r\n\r\n');
  assert.is((await wire.answer()).status, 200);
  wire.destroy();
});

test.run();
