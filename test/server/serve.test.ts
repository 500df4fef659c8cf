import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { newToken } from '../../src/auth/token.ts';
import { readToken } from '../../src/client/credentials.ts';
import { isVitteError } from '../../src/core/errors.ts';
import type { Flags } from '../../src/server/config.ts';
import { messagesFor } from '../../src/server/messages.ts';
import { printConfig, type Running, type ServeOptions, serve } from '../../src/server/serve.ts';
import type { StopSignal } from '../../src/server/shutdown.ts';
import { badRequests } from '../support/bad-requests.ts';
import { checkSchema } from '../support/published-schemas.ts';
import { packSample } from '../support/service.ts';
import { suite } from '../support/suite.ts';
import { exchange } from '../support/wire.ts';

type Context = { home: string };
const test = suite<Context>('serve');

test.before.each(async (context) => {
  context.home = await mkdtemp(join(tmpdir(), 'vitte-serve-'));
});
test.after.each(({ home }) => rm(home, { recursive: true }));

test('the first start needs no setting, says where it listens, and leaves a token that works', async ({
  home,
}) => {
  const { running, out } = await start(home);
  const [first, ...rest] = out().split('\n');
  assert.is(first, `vitte-registry listening on ${running.url}`);
  const text = rest.join('\n');
  assert.ok(text.includes(join(home, '.local/share/vitte-registry')));
  assert.match(
    text,
    /vitte package init demo-lib\n.*vitte key generate .*\n.*vitte registry publish/,
  );
  assert.ok(text.includes(`VITTE_REGISTRY=${running.url}`));

  const token = await readToken(running.url, { home: join(home, '.vitte') });
  assert.match(token ?? '', /^vit_/);
  assert.not.ok(text.includes(token ?? 'none'));
  const answer = await fetch(`${running.url}/api/v1/whoami`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  assert.is(((await answer.json()) as { role: string }).role, 'admin');
  assert.is((await fetch(`${running.url}/readyz`)).status, 200);
  await running.close();
});

test('a second start of the same store makes no token, and serves what was there', async ({
  home,
}) => {
  const first = await start(home);
  const store = await storeOf(first.running);
  await first.running.close();
  const second = await start(home);
  assert.is(await storeOf(second.running), store);
  assert.not.match(second.out(), /vitte package init/);
  assert.is(await readToken(second.running.url, { home: join(home, '.vitte') }), undefined);
  await second.running.close();
});

test('an address that others reach is warned of, and gets no token of itself', async ({ home }) => {
  const { running, out, err } = await start(home, { listen: '0.0.0.0:0' });
  assert.match(err(), /warning: http:\/\/0\.0\.0\.0:\d+ .*no TLS/);
  assert.not.match(out(), /vitte package init/);
  await running.close();
});

test('a file with the first token that is not there is an error until there is a token', async ({
  home,
}) => {
  const flags = { 'bootstrap-token-file': join(home, 'token') };
  for (const look of ['first', 'second']) {
    const error = await start(home, flags).catch((reason: unknown) => reason);
    assert.ok(isVitteError(error, 'PKG_E_CONFIG'), `${look}: ${error}`);
    assert.match(error.message, 'bootstrap-token-file');
  }
  const token = newToken();
  await writeFile(join(home, 'token'), token);
  await (await start(home, flags)).running.close();
  await rm(join(home, 'token'));
  const { running } = await start(home, flags);
  const answer = await fetch(`${running.url}/api/v1/whoami`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  assert.is(((await answer.json()) as { role: string }).role, 'admin');
  await running.close();
});

test('what people read is in the language of the locale, the line with the URL is not', async ({
  home,
}) => {
  const { running, out, err } = await start(home, {}, { LC_ALL: 'fr_FR.UTF-8', LANG: 'en_US' });
  await running.close();
  assert.match(out(), /^vitte-registry listening on http/);
  assert.match(out(), /Les paquets et le journal se trouvent/);
  assert.match(err(), /Arrêté\./);
});

test('every message is there in both languages', () => {
  const english = messagesFor({ LANG: 'C' });
  const french = messagesFor({ LANG: 'fr' });
  for (const [key, message] of Object.entries(english)) {
    const other = french[key as keyof typeof french];
    assert.is(typeof other, typeof message);
    assert.not.equal(shown(other), shown(message));
  }
  assert.is(messagesFor({ LC_ALL: '', LC_MESSAGES: 'fr_CA', LANG: 'en' }), french);
  assert.is(messagesFor({ LANG: 'french' }), english);
  assert.is(messagesFor({}), english);
});

test('links begin with the public URL where one is given', async ({ home }) => {
  const flags = { 'public-url': 'https://packages.example/vitte/' };
  const { running } = await start(home, flags);
  const token = await readToken(running.url, { home: join(home, '.vitte') });
  const packed = await packSample(home, { name: 'demo-lib', version: '0.1.0' });
  const answer = await fetch(`${running.url}/api/v1/packages/demo-lib/0.1.0`, {
    method: 'PUT',
    body: await readFile(packed.file),
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/vnd.vitte.vitmod.v1.tar+gzip',
    },
  });
  assert.is(
    answer.headers.get('location'),
    'https://packages.example/vitte/api/v1/packages/demo-lib/0.1.0',
  );
  await running.close();
});

test('the first stop signal drains and stops, the second ends at once', async ({ home }) => {
  const process = fakeProcess();
  const { running } = await start(home, {}, {}, { process });
  process.send('SIGTERM');
  await running.done;
  assert.is(process.listening(), 0);
  assert.equal(process.exits, []);

  const stuck = fakeProcess();
  const again = await start(home, {}, {}, { process: stuck });
  stuck.send('SIGINT');
  stuck.send('SIGINT');
  assert.equal(stuck.exits, [130]);
  await again.running.done;
});

test('an aborted signal stops the service, before and after it has started', async ({ home }) => {
  const stop = new AbortController();
  const { running } = await start(home, {}, {}, { signal: stop.signal });
  stop.abort();
  await running.done;
  try {
    await start(home, {}, {}, { signal: stop.signal });
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).name, 'AbortError');
  }
});

test('a start that fails lets go of the store', async ({ home }) => {
  const { running } = await start(home);
  const listen = new URL(running.url).host;
  const other = await mkdtemp(join(tmpdir(), 'vitte-serve-'));
  await refused(() => start(other, { listen }), 'PKG_E_CONFIG');
  const later = await start(other);
  await later.running.close();
  await running.close();
  await rm(other, { recursive: true });
});

test('malformed settings are told of before anything is opened', async ({ home }) => {
  await refused(() => start(home, {}, { VITTE_REGISTRY_TYPO: 'x' }), 'PKG_E_CONFIG');
  await refused(() => start(home, { listen: 'nonsense' }), 'PKG_E_CONFIG');
});

test('--print-config prints every setting and starts nothing', ({ home }) => {
  let text = '';
  printConfig({ flags: {}, env: { HOME: home }, stdout: { write: (piece) => (text += piece) } });
  assert.match(text, /^listen = "127\.0\.0\.1:7878" # default$/m);
});

test('bad requests get their problem documents from the whole service too', async ({ home }) => {
  const { running, err } = await start(home);
  const token = (await readToken(running.url, { home: join(home, '.vitte') })) ?? '';
  const demo = await packSample(home, { name: 'demo-lib', version: '0.1.0' });
  await fetch(`${running.url}/api/v1/packages/demo-lib/0.1.0`, {
    method: 'PUT',
    body: await readFile(demo.file),
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/vnd.vitte.vitmod.v1.tar+gzip',
    },
  });
  const wanted = await packSample(home, { name: 'bad-input', version: '1.0.0' });
  for (const row of badRequests({ token, archive: await readFile(wanted.file) })) {
    const answer = await exchange(running.url, row.bytes, { end: row.end === true });
    const problem = JSON.parse(String(answer.body)) as Record<string, unknown>;
    assert.equal({ status: answer.status, code: problem.code }, row.expect, row.name);
    checkSchema('problem', problem);
  }
  assert.not.match(err(), /"level":"(?:warn|error)"/);
  await running.close();
});

test.run();

async function start(
  home: string,
  flags: Flags = {},
  variables: Record<string, string> = {},
  options: Partial<ServeOptions> = {},
) {
  let out = '';
  let err = '';
  const running = await serve({
    flags: { listen: '127.0.0.1:0', ...flags },
    env: { HOME: home, ...variables },
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    ...options,
  });
  return { running, out: () => out, err: () => err };
}

async function storeOf({ url }: Running): Promise<string> {
  const answer = await fetch(`${url}/api/v1/registry`);
  return ((await answer.json()) as { store: string }).store;
}

function shown(message: unknown): unknown {
  return typeof message === 'function' ? (message as (text: string) => string)('x') : message;
}

function fakeProcess() {
  const listeners = new Map<StopSignal, Set<(signal: StopSignal) => void>>();
  const exits: number[] = [];
  return {
    exits,
    on(signal: StopSignal, listener: (signal: StopSignal) => void) {
      listeners.set(signal, (listeners.get(signal) ?? new Set()).add(listener));
    },
    off: (signal: StopSignal, listener: (signal: StopSignal) => void) =>
      listeners.get(signal)?.delete(listener),
    exit: (code: number) => void exits.push(code),
    send(signal: StopSignal) {
      for (const listener of listeners.get(signal) ?? []) listener(signal);
    },
    listening: () => [...listeners.values()].reduce((sum, set) => sum + set.size, 0),
  };
}

async function refused(action: () => Promise<unknown>, code: string): Promise<void> {
  try {
    await action();
  } catch (error) {
    assert.is(isVitteError(error) && error.code, code, String(error));
    return;
  }
  assert.unreachable(`expected ${code}`);
}
