// Makes the Secret of a new registry: the key of the service, and the first token, role admin.
//   node make-secret.js NAME | kubectl create -f -
// The setup Job of the chart runs it with KUBERNETES_API set: then it creates the Secret itself, unless it is there.
import { randomBytes, randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const requestTimeoutMs = 30_000;

const { KUBERNETES_API: api, KUBERNETES_ACCOUNT: account } = process.env;
const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: process.argv.at(-1) },
  type: 'Opaque',
  stringData: { 'service-secret.json': serviceSecret(), 'bootstrap-token': token() },
};
if (api && account) await create(secret, api, account);
else console.log(JSON.stringify(secret, null, 2));

/** The seed of the service's Ed25519 key. */
function serviceSecret() {
  const seed = randomBytes(32).toString('base64');
  return JSON.stringify({ schema: 'vitte.service-secret.v1', seed });
}

/** `vit_`, 43 random digits in base 62, and their CRC-32 in six. */
function token() {
  const body = `vit_${Array.from({ length: 43 }, () => digits[randomInt(62)]).join('')}`;
  let checksum = '';
  for (let rest = crc32(body); checksum.length < 6; rest = Math.floor(rest / 62)) {
    checksum = digits[rest % 62] + checksum;
  }
  return body + checksum;
}

async function create(secret, api, account) {
  const namespace = await readFile(join(account, 'namespace'), 'utf8');
  const bearer = await readFile(join(account, 'token'), 'utf8');
  const { name } = secret.metadata;
  const response = await fetch(new URL(`/api/v1/namespaces/${namespace}/secrets`, api), {
    method: 'POST',
    headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(secret),
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  if (response.status === 201) return console.log(`made the Secret ${name}`);
  // 409: somebody made it before. A registry keeps its key for life.
  if (response.status === 409) return console.log(`the Secret ${name} is there`);
  throw new Error(`cannot make the Secret ${name}: ${response.status} ${await response.text()}`);
}
