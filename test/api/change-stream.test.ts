import { request } from 'undici';
import * as assert from 'uvu/assert';
import { VitteError } from '../../src/core/errors.ts';
import { bearer, publishDemo, putArchive } from '../support/api-requests.ts';
import { type ApiService, startApiService } from '../support/api-service.ts';
import { type EventReader, openEvents } from '../support/events.ts';
import { fakeStore } from '../support/fake-use-cases.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { openWire } from '../support/wire.ts';

const test = suite<{ service: ApiService; open: typeof openEvents }>('the feed as a stream');
const path = '/api/v1/changes';

test.before.each(async (context) => {
  const opened: EventReader[] = [];
  context.service = await startApiService({ streamsMax: 3 });
  context.open = async (...given) => {
    const events = await openEvents(...given);
    opened.push(events);
    return events;
  };
  const { stop } = context.service;
  context.service.stop = async () => {
    for (const events of opened) events.leave();
    await stop();
  };
  await publishDemo(context.service);
});
test.after.each(async ({ service }) => service.stop());

test('an event for each entry: its number as id, its name, the entry as a page shows it', async ({
  service,
  open,
}) => {
  const events = await open(service.url + path);
  assert.is(events.status, 200);
  assert.is(events.headers['content-type'], 'text/event-stream; charset=utf-8');
  assert.is(events.headers['cache-control'], 'no-store');
  assert.is(events.headers['vitte-sequence'], `${fakeStore}:3`);
  const page = (await (await fetch(`${service.url}${path}`)).json()) as { entries: object[] };
  const found = await events.take(3);
  assert.equal(
    found.map(({ id, event }) => `${id} ${event}`),
    ['1 registry created', '2 private', '3 published'],
  );
  assert.equal(
    found.map(({ data }) => JSON.parse(data)),
    page.entries,
  );
});

test('it begins after a number, or after the last event that a client saw', async ({
  service,
  open,
}) => {
  const rows: [string, Record<string, string>, string][] = [
    ['?since=1', {}, '2'],
    ['?since=0', { 'Last-Event-ID': '2' }, '3'],
    ['?since=2', { 'Last-Event-ID': '' }, '3'],
  ];
  for (const [query, headers, first] of rows) {
    const events = await open(service.url + path + query, headers);
    assert.is((await events.take(1))[0]?.id, first, query);
    events.leave();
  }
  const wrong = await openEvents(service.url + path, { 'Last-Event-ID': '1x' });
  assert.is(wrong.status, 400);
});

test('who may read private entries reads them in the stream as well', async ({ service, open }) => {
  const events = await open(`${service.url + path}?since=1&limit=1`, bearer);
  assert.is((await events.take(1))[0]?.event, 'token made');
});

test('an index that goes away and comes back interrupts no stream', async ({ service, open }) => {
  const events = await open(`${service.url + path}?since=2`);
  await events.take(1);
  let failures = 0;
  service.useCases.intercept = async (verb) => {
    if (verb !== 'nextChanges' || failures > 0) return;
    failures += 1;
    throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'the index does not answer');
  };
  service.useCases.wake();
  await events.until(() => failures > 0);
  await putArchive(service, '/api/v1/packages/demo-lib/0.2.0', Buffer.from('more'));
  assert.is((await events.take(1))[0]?.id, '4');
});

test('a stream says now and then that it is there', async ({ service, open }) => {
  const events = await open(`${service.url + path}?since=3`);
  service.useCases.wake();
  await events.until(() => events.comments > 0);
});

test('there are so many streams and no more, until one ends', async ({ service, open }) => {
  const first = await open(`${service.url + path}`);
  for (let more = 0; more < 2; more += 1) await open(`${service.url + path}`);
  const refused = await openEvents(`${service.url + path}`);
  assert.is(refused.status, 429);
  assert.is(refused.headers['retry-after'], '10');
  first.leave();
  await first.until(async () => {
    const again = await openEvents(`${service.url + path}`);
    again.leave();
    return again.status === 200;
  });
});

test('a stream ends when the server goes down, and not before its events are out', async ({
  service,
  open,
}) => {
  const events = await open(`${service.url + path}`);
  await events.take(3);
  service.setDraining();
  assert.is(await events.ended, 'whole');
  await service.drain(0);
});

test('a client that takes nothing is cut off, with no more held for it than a page', async () => {
  const service = await startApiService({ sendStallTimeoutMs: 100 });
  const data = 'x'.repeat(60_000);
  let given = 0;
  service.useCases.nextChanges = async ({ since }) => {
    given += 1;
    const entry = { n: since + 1, at: '2026-11-01T00:00:00.000Z', event: 'private' as const };
    return [Object.assign(entry, { data })];
  };
  try {
    const wire = await openWire(service.url);
    wire.socket.pause();
    wire.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n`);
    // Nothing is read here until the server has given up: what it took is what the two sockets hold.
    await until(() => service.log.some((line) => line.includes('PKG_E_REQUEST_TIMEOUT')));
    assert.ok(given > 0 && given < 400, `${given} pages`);
    wire.socket.resume();
    await wire.closed;
  } finally {
    await service.stop();
  }
});

test('pages are what is answered to whoever does not ask for a stream', async ({ service }) => {
  for (const accept of ['*/*', 'application/json', 'application/json, text/event-stream;q=0.5']) {
    const answer = await request(service.url + path, { headers: { accept } });
    assert.is(answer.headers['content-type'], 'application/json; charset=utf-8', accept);
    assert.is(answer.headers.vary, 'Accept');
    await answer.body.dump();
  }
  const head = await request(service.url + path, {
    method: 'HEAD',
    headers: { accept: 'text/event-stream' },
  });
  assert.is(head.statusCode, 200);
  await head.body.dump();
});

test.run();
