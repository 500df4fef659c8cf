// What is not there: the answer says at which number of the journal that was so.
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { call, put, type RestService, serveStore } from '../support/rest.ts';
import { packSample, temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';

type Rig = { service: RestService; end(): Promise<void> };
const test = suite<Rig>('what is not there');

test.before(async (rig) => {
  const temporary = await temporaryFolder();
  rig.service = await serveStore(join(temporary.path, 'store'));
  const packed = await packSample(temporary.path, { name: 'demo-lib', version: '1.0.0' });
  assert.is((await put(rig.service, packed)).status, 201);
  rig.end = async () => {
    await rig.service.stop();
    await temporary.remove();
  };
});
test.after((rig) => rig.end());

for (const path of [
  'packages/unknown',
  'packages/unknown/1.0.0',
  'packages/unknown/1.0.0/download',
  'packages/unknown/-/dependents',
  'packages/unknown/-/owners',
  'packages/demo-lib/2.0.0',
  'packages/demo-lib/2.0.0/download',
  'packages/demo-lib/2.0.0/dependencies',
  'packages/demo-lib/2.0.0/signatures',
  'packages/demo-lib/1.0.0/readme',
  'index/unknown',
]) {
  test(`GET ${path} says at which number nothing was there`, async ({ service }) => {
    const { headers } = await call(`${service.url}/api/v1/packages/demo-lib`);
    const missing = await call(`${service.url}/api/v1/${path}`);
    assert.is(missing.status, 404, missing.bytes.toString());
    assert.ok(headers['vitte-sequence']);
    assert.is(missing.headers['vitte-sequence'], headers['vitte-sequence']);
  });
}

test('what the index was not asked for names no number', async ({ service }) => {
  for (const path of ['nowhere', 'packages/Not A Name', 'packages?limit=none']) {
    const refused = await call(encodeURI(`${service.url}/api/v1/${path}`));
    assert.ok(refused.status >= 400, path);
    assert.is(refused.headers['vitte-sequence'], undefined, path);
  }
});

test.run();
