import { type BadRequest, published, row, short } from './row.ts';

export function badNames(): BadRequest[] {
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

export function badVersions(): BadRequest[] {
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

export function badPaths(): BadRequest[] {
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
    ['/api/v1/packages/demo-lib/-/unknown', 'PKG_E_ROUTE'],
    ['/api/v1/packages/roussov/demo-lib/-/unknown', 'PKG_E_ROUTE'],
    ['/api/v1/index/demo-lib/0.1.0', 'PKG_E_ROUTE'],
    ['/api/v1/index/unknown', 'PKG_E_NOT_FOUND'],
    ['/api/v1/index/roussov/unknown', 'PKG_E_NOT_FOUND'],
    ['/api/v1/packages/unknown/-/owners', 'PKG_E_NOT_FOUND'],
    ['/api/v1/packages/unknown/-/deprecation', 'PKG_E_NOT_FOUND'],
    ['/api/v1/packages/unknown/-/dependents', 'PKG_E_NOT_FOUND'],
    ['/api/v1/packages/unknown/1.0.0/dependencies', 'PKG_E_NOT_FOUND'],
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

export function badMethods(): BadRequest[] {
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
