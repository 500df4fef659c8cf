import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { pathPattern } from '../../src/api/package-path.ts';
import { statusOfKind } from '../../src/api/problem.ts';
import { defaultApiLimits } from '../../src/api/route.ts';
import { apiRouter, apiRoutes } from '../../src/api/router.ts';
import { schemaFiles } from '../../src/api/schemas.ts';
import { errorCatalogue } from '../../src/core/errors.ts';
import { fakeUseCases } from '../support/fake-use-cases.ts';
import { suite } from '../support/suite.ts';

type Operation = {
  operationId: string;
  responses: Record<string, unknown>;
  security?: unknown[];
};
type Document = {
  paths: Record<string, Record<string, unknown>>;
  components: Record<string, Record<string, unknown>>;
};

const test = suite('routes and the published contract');
const specFolder = new URL('../../spec/', import.meta.url);
const document = parse(readFileSync(new URL('openapi.yaml', specFolder), 'utf8')) as Document;
const verbs = ['get', 'put', 'post', 'patch', 'delete'];

test('every route of the router is published, and everything published is a route', () => {
  const router = apiRouter({
    useCases: fakeUseCases(),
    software: { name: 'x', version: '0' },
    limits: defaultApiLimits,
    publicUrl: () => '',
    draining: () => false,
  });
  const served = router.stack.flatMap((layer) =>
    layer.methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${layer.name}`),
  );
  const published = operations().map(({ verb, path }) => `${verb.toUpperCase()} ${path}`);
  assert.equal(served.sort(), published.sort());
});

test('each operation has an id of its own, names its path parameters, and tells of problems', () => {
  const ids = operations().map(({ operation }) => operation.operationId);
  assert.is(new Set(ids).size, ids.length);
  for (const { path, operation } of operations()) {
    const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const stated = (document.paths[path]?.parameters ?? []) as { $ref?: string; name?: string }[];
    const named = stated.map((row) => row.name ?? row.$ref?.split('/').at(-1));
    assert.equal(named, wanted, path);
    assert.ok('default' in operation.responses, path);
  }
});

test('everything that the document refers to is there', () => {
  const files = new Set(schemaFiles());
  for (const reference of references(document)) {
    const [file = '', pointer = ''] = reference.split('#');
    let value: unknown = document;
    if (file !== '') {
      const name = file.replace('schemas/', '');
      assert.ok(files.has(name), reference);
      value = JSON.parse(readFileSync(new URL(file, specFolder), 'utf8'));
    }
    for (const part of pointer.split('/').slice(1))
      value = (value as Record<string, unknown>)[part];
    assert.ok(value !== undefined, reference);
  }
});

test('every schema is referred to, by the document or by another schema', () => {
  const all = [
    document,
    ...schemaFiles().map((file) =>
      JSON.parse(readFileSync(new URL(`schemas/${file}`, specFolder), 'utf8')),
    ),
  ];
  const named = new Set(
    all.flatMap(references).map((text) => text.split('#')[0]?.replace('schemas/', '')),
  );
  for (const file of schemaFiles()) assert.ok(named.has(file), file);
});

test('a request has one route at most', () => {
  const cases: [string, string | undefined, string[]][] = [
    ['/packages', '/packages', []],
    ['/packages/demo-lib', '/packages/{name}', ['demo-lib']],
    ['/packages/roussov/vitte-math', '/packages/{name}', ['roussov/vitte-math']],
    ['/packages/roussov/v8', '/packages/{name}', ['roussov/v8']],
    ['/packages/roussov/v8-engine', '/packages/{name}', ['roussov/v8-engine']],
    ['/packages/roussov/download', '/packages/{name}', ['roussov/download']],
    ['/packages/download', '/packages/{name}', ['download']],
    ['/packages/demo-lib/latest', '/packages/{name}', ['demo-lib/latest']],
    ['/packages/demo-lib/1.2.3', '/packages/{name}/{version}', ['demo-lib', '1.2.3']],
    ['/packages/demo-lib/v1.2.3', '/packages/{name}/{version}', ['demo-lib', 'v1.2.3']],
    ['/packages/demo-lib/1.2.3+a%2Bb', '/packages/{name}/{version}', ['demo-lib', '1.2.3+a%2Bb']],
    [
      '/packages/roussov/download/1.2.3',
      '/packages/{name}/{version}',
      ['roussov/download', '1.2.3'],
    ],
    [
      '/packages/roussov/vitte-math/1.2.3',
      '/packages/{name}/{version}',
      ['roussov/vitte-math', '1.2.3'],
    ],
    ['/packages/roussov/v8/1.2.3', '/packages/{name}/{version}', ['roussov/v8', '1.2.3']],
    [
      '/packages/roussov/vitte-math/latest',
      '/packages/{name}/{version}',
      ['roussov/vitte-math', 'latest'],
    ],
    [
      '/packages/demo-lib/1.2.3/download',
      '/packages/{name}/{version}/download',
      ['demo-lib', '1.2.3'],
    ],
    [
      '/packages/roussov/readme/1.2.3/readme',
      '/packages/{name}/{version}/readme',
      ['roussov/readme', '1.2.3'],
    ],
    [
      '/packages/demo-lib/latest/signatures',
      '/packages/{name}/{version}/signatures',
      ['demo-lib', 'latest'],
    ],
    ['/packages/demo-lib/1.2.3/other', undefined, []],
    ['/packages/demo-lib/-/owners', '/packages/{name}/-/owners', ['demo-lib']],
    ['/packages/roussov/demo-lib/-/owners', '/packages/{name}/-/owners', ['roussov/demo-lib']],
    ['/packages/roussov/owners/-/owners', '/packages/{name}/-/owners', ['roussov/owners']],
    ['/packages/demo-lib/-/dependents', '/packages/{name}/-/dependents', ['demo-lib']],
    ['/packages/demo-lib/-/other', undefined, []],
    ['/packages/demo-lib/-/1.2.3', undefined, []],
    [
      '/packages/roussov/dependencies/1.2.3/dependencies',
      '/packages/{name}/{version}/dependencies',
      ['roussov/dependencies', '1.2.3'],
    ],
    ['/packages/roussov/yank', '/packages/{name}', ['roussov/yank']],
    ['/index/demo-lib', '/index/{name}', ['demo-lib']],
    ['/index/roussov/vitte-math', '/index/{name}', ['roussov/vitte-math']],
    ['/index/demo-lib/1.2.3', undefined, []],
    ['/index', undefined, []],
    ['/packages/a/b/c/d', undefined, []],
    ['/packagesx', undefined, []],
    ['/registry', '/registry', []],
  ];
  const gets = apiRoutes.filter(({ method }) => method === 'GET');
  for (const [path, template, captures] of cases) {
    const hits = gets.flatMap((route) => {
      const match = pathPattern(route.path).exec(`/api/v1${path}`);
      return match ? [[route.path, match.slice(1)]] : [];
    });
    assert.equal(hits, template === undefined ? [] : [[`/api/v1${template}`, captures]], path);
  }
});

test('every code of the catalogue has a status of 4xx or 5xx', () => {
  for (const kind of Object.values(errorCatalogue)) {
    const status = statusOfKind[kind];
    assert.ok(status >= 400 && status < 600, kind);
  }
});

test.run();

function operations() {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    verbs
      .filter((verb) => verb in item)
      .map((verb) => ({ path, verb, operation: item[verb] as Operation })),
  );
}

function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === '$ref' ? [String(member)] : references(member),
  );
}
