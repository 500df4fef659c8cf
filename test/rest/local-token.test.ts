import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { call } from '../support/rest.ts';
import { startServer } from '../support/server-process.ts';
import { temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';

const test = suite('a token made beside the store');
const bin = join(import.meta.dirname, '../../src/cli/bin/vitte.js');

async function createToken(data: string): Promise<string> {
  const words = [bin, 'registry', 'token', 'create', '--local', '--role', 'admin', '--data', data];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  return stdout.trim();
}

async function account(url: string, token: string) {
  const headers = { authorization: `Bearer ${token}` };
  return (await call(`${url}/api/v1/whoami`, { headers })).json().account;
}

test('works through a running server, and without one', async () => {
  const folder = await temporaryFolder();
  const server = await startServer(folder.path);
  const first = await createToken(server.data);
  assert.is(await account(server.url, first), 'admin');
  await server.stop();

  const second = await createToken(server.data);
  const again = await startServer(folder.path);
  for (const token of [first, second]) assert.is(await account(again.url, token), 'admin');
  await again.stop();
  await folder.remove();
});

test('is refused where there is no store, and makes none', async () => {
  const folder = await temporaryFolder();
  const error = await createToken(join(folder.path, 'nothing')).catch((reason: Error) => reason);
  assert.match(String(error), 'PKG_E_STORE_MISSING');
  await folder.remove();
});

test.run();
