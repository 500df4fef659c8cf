// Requests are the cost of everything on a container registry: what a publish asks of it is counted.
import { readFile } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { putSigned } from '../support/rest.ts';
import { packSample, signSample } from '../support/service.ts';
import { until } from '../support/until.ts';
import { partsSuite } from './parts-suite.ts';
import { type Deployed, deploy } from './rig.ts';

/**
 * A lone signed publish with a Referrers API, its batch included; and what the fallback tag adds. An archive over 1 MiB
 * is one request more; the list under the fallback tag is read once again ten seconds later.
 */
const publishRequests = 15;
const batchRequests = 4;
const fallbackRequests = 3;

const test = await partsSuite<{ deployed: Deployed }>('requests of a publish');
test.before(async (rig) => {
  rig.deployed = await deploy(1);
});
test.after((rig) => rig.deployed.end());

test('a lone signed publish costs what the design says', async ({ deployed }) => {
  await publishSigned(deployed, 'first'); // opens the term, and finds out what the registry can do
  const seen = (await requests(deployed)).length;
  await publishSigned(deployed, 'second');
  await until(async () =>
    (await requests(deployed)).some((line) => line.includes('second/manifests/1.0.0')),
  );
  const made = (await requests(deployed)).slice(seen);
  const batch = made.filter((line) => line.includes('/vitte-registry/'));
  assert.is(batch.length, batchRequests, batch.join('\n'));
  assert.is(made.length, publishRequests + fallbackRequests, made.join('\n'));
});

/** The requests that the registry answered so far, as `METHOD PATH`. */
async function requests({ storage }: Deployed): Promise<string[]> {
  const log = await readFile(storage.log!, 'utf8');
  return [
    ...log.matchAll(
      /response completed.* http\.request\.method=(\S+).* http\.request\.uri="?([^\s"?]+)/g,
    ),
  ].map(([, method, path]) => `${method} ${path}`);
}

async function publishSigned({ folder, replicas, token }: Deployed, name: string) {
  const packed = await packSample(folder, { name, version: '1.0.0' });
  const reply = await putSigned({ url: replicas[0]!.url, token }, packed, signSample(packed));
  assert.is(reply.status, 201, reply.bytes.toString());
}

test.run();
