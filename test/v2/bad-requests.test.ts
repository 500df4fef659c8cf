import * as assert from 'uvu/assert';
import { badOciRequests } from '../support/bad-requests/oci.ts';
import { type RestService, serveStore } from '../support/rest.ts';
import { temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';
import { v2Of } from '../support/v2.ts';
import { exchange, type WireAnswer } from '../support/wire.ts';

const { path, remove } = await temporaryFolder();
const service: RestService = await serveStore(path);
const { token = '' } = service;
const begun = await v2Of(service).ask('POST demo/blobs/uploads/');
const location = String(begun.headers.location);
const rows = badOciRequests({ token, location });

const test = suite('bad requests to /v2/');
test.after(async () => {
  await service.stop();
  await remove();
});

for (const row of rows) {
  test(`${row.name} gets ${row.expect.status} ${row.expect.code}`, async () => {
    const answer = await exchange(service.url, row.bytes, { end: row.end === true });
    const { code, message, detail } = errorIn(answer);
    const found = { status: answer.status, code: `${code} ${detail.code}` };
    assert.equal(found, row.expect, message);
    assert.is(answer.headers['x-request-id'], detail.requestId);
    assert.is(answer.body.includes(token), false);
    if (answer.status === 401)
      assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer realm=/);
    if (answer.status === 405) assert.match(answer.headers.allow ?? '', /[A-Z]/);
  });
}

test('none of them is left without its answer when the client says that nothing more will come', async () => {
  for (const row of rows) {
    const answer = await exchange(service.url, row.bytes, { end: true });
    assert.is(answer.status, row.expect.status, row.name);
  }
});

test('after all of them the upload is there, and can be cancelled', async () => {
  const { ask } = v2Of(service);
  const told = await ask(`GET ${location}`);
  assert.is(told.status, 204);
  assert.is((await ask(`DELETE ${location}`)).status, 204);
});

function errorIn(answer: WireAnswer) {
  assert.is(answer.headers['content-type'], 'application/json');
  assert.is(answer.headers['docker-distribution-api-version'], 'registry/2.0');
  const { errors } = JSON.parse(answer.body.toString('utf8')) as {
    errors: { code: string; message: string; detail: { code: string; requestId: string } }[];
  };
  assert.is(errors.length, 1);
  return errors[0]!;
}

test.run();
