import * as assert from 'uvu/assert';
import { publishDemo } from '../support/api-requests.ts';
import { type ApiService, startApiService } from '../support/api-service.ts';
import { badRequests } from '../support/bad-requests.ts';
import { fakeToken } from '../support/fake-use-cases.ts';
import { checkSchema } from '../support/published-schemas.ts';
import { suite } from '../support/suite.ts';
import { exchange } from '../support/wire.ts';

const test = suite<{ service: ApiService }>('bad requests');
const archive = Buffer.from('any bytes will do for the use cases of this test, which do not look');

test.before(async (context) => {
  context.service = await startApiService();
  await publishDemo(context.service);
});
test.after(async ({ service }) => service.stop());

for (const row of badRequests({ token: fakeToken, archive })) {
  test(`${row.name} gets ${row.expect.status} ${row.expect.code}`, async ({ service }) => {
    const answer = await exchange(service.url, row.bytes, { end: row.end === true });
    const problem = JSON.parse(answer.body.toString('utf8')) as Record<string, unknown>;
    assert.equal({ status: answer.status, code: problem.code }, row.expect, String(problem.detail));
    checkSchema('problem', problem);
    assert.is(problem.status, answer.status);
    assert.is(answer.headers['content-type'], 'application/problem+json');
    assert.is(answer.headers['x-request-id'], problem.requestId);
    assert.is(answer.headers['x-content-type-options'], 'nosniff');
    const { status, headers } = answer;
    if (status === 401) assert.match(headers['www-authenticate'] ?? '', /^Bearer /);
    if (status === 405) assert.ok('allow' in headers);
    if (status === 416) assert.match(headers['content-range'] ?? '', /^bytes \*\/\d+$/);
  });
}

test('none of them is left without its answer when the client says that nothing more will come', async ({
  service,
}) => {
  for (const row of badRequests({ token: fakeToken, archive })) {
    const answer = await exchange(service.url, row.bytes, { end: true });
    assert.is(answer.status, row.expect.status, row.name);
  }
});

test('after all of them the registry answers as before, and the log holds no failure of its own', async ({
  service,
}) => {
  const answer = await exchange(service.url, 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.is(answer.status, 200);
  const failures = service.log.filter((line) => /"level":"(?:warn|error)"/.test(line));
  assert.equal(failures, []);
});

test.run();
