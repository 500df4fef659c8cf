// Which pieces of a connection are taken for a request that is known, and which go to the parser.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import * as assert from 'uvu/assert';
import { type Repeater, watchRepeats } from '../../src/server/repeats.ts';
import { createTurnQueue } from '../../src/server/turn-queue.ts';
import { suite } from '../support/suite.ts';

type Rig = {
  /** A connection whose known request is `get('/known')`. */
  open(): Promise<Line>;
  handle: (request: IncomingMessage, response: ServerResponse) => void;
  server: Server;
};

const test = suite<Rig>('requests that repeat themselves');
const known = get('/known');

test.before.each((rig) => {
  rig.handle = (request, response) => void response.end(`parsed ${request.url} `);
  rig.server = createServer((request, response) => rig.handle(request, response));
  Object.assign(rig.server, { httpAllowHalfOpen: true });
  const queue = createTurnQueue((from: Repeater) => {
    from.taken = false;
    from.socket.write(answer('taken '));
  });
  watchRepeats(rig.server, {
    keeps: (url) => url === '/known',
    flush: queue.flush,
    take(from) {
      queue.add(from);
      return true;
    },
  });
  rig.open = async () => {
    const line = openLine();
    rig.server.emit('connection', line.stream);
    line.push(known);
    await line.says('parsed /known');
    return line;
  };
});

test('a request is taken once the same bytes were parsed and answered', async (rig) => {
  const line = await rig.open();
  line.push(known);
  line.push(known);
  await line.says('parsed /known taken taken');
  line.push(get('/other'));
  line.push(known);
  await line.says('parsed /known taken taken parsed /other taken');
});

test('what is known of one connection is known of all, after their first answer', async (rig) => {
  await rig.open();
  const other = openLine();
  rig.server.emit('connection', other.stream);
  other.push(known);
  await other.says('parsed /known');
  other.push(known);
  await other.says('parsed /known taken');
});

test('an answer that was taken goes out before that of the next piece', async (rig) => {
  const line = await rig.open();
  line.pushAtOnce(known, get('/other'), known);
  await line.says('parsed /known taken parsed /other parsed /known');
});

test('while an answer is under way nothing is taken', async (rig) => {
  const line = await rig.open();
  const { promise: gate, resolve: go } = Promise.withResolvers<void>();
  const { handle } = rig;
  rig.handle = async (request, response) => {
    if (request.url === '/slow') await gate;
    handle(request, response);
  };
  line.push(get('/slow'));
  line.push(known);
  await turns();
  assert.is(line.said(), 'parsed /known');
  go();
  await line.says('parsed /known parsed /slow parsed /known');
  line.push(known);
  await line.says('parsed /known parsed /slow parsed /known taken');
});

test('a body is none, whatever it looks like', async (rig) => {
  for (const method of ['GET', 'POST']) {
    const line = await rig.open();
    line.push(`${method} /body HTTP/1.1\r\nHost: a\r\nContent-Length: ${known.length}\r\n\r\n`);
    await line.says('parsed /known parsed /body');
    line.push(known);
    await turns();
    line.push(get('/other'));
    await line.says('parsed /known parsed /body parsed /other');
  }
});

test('the rest of a head is none', async (rig) => {
  const line = await rig.open();
  line.push('GET /split HTTP/1.1\r\nX-Other: ');
  await turns();
  line.push(known);
  await line.says('parsed /known parsed /split');
});

test('several requests in one piece are parsed, and so is all that comes after them', async (rig) => {
  const line = await rig.open();
  line.push(get('/one') + get('/two'));
  await line.says('parsed /known parsed /one parsed /two');
  line.push(known);
  await line.says('parsed /known parsed /one parsed /two parsed /known');
});

test('who has said all there is to say gets the answer first', async (rig) => {
  const line = await rig.open();
  line.pushAtOnce(known, null);
  await line.says('parsed /known taken');
  await line.ended;
});

test('a request behind another in one piece may have its rest in the next one', async (rig) => {
  const line = await rig.open();
  line.push(`${get('/one')}GET /split HTTP/1.1\r\nX-Other: `);
  await line.says('parsed /known parsed /one');
  line.push(known);
  await line.says('parsed /known parsed /one parsed /split');
});

test('what the parser gave up is not read, least of all for another connection', async (rig) => {
  const line = await rig.open();
  const connected = Promise.withResolvers<void>();
  rig.server.on('connect', () => connected.resolve());
  line.push('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n');
  await connected.promise;
  // Node gives the parser to the next one who comes.
  const other = openLine();
  rig.server.emit('connection', other.stream);
  other.push('GET /split HTTP/1.1\r\nX-Other: ');
  await turns();
  line.stream.resume();
  line.push(known);
  await turns();
  assert.is(other.said(), '');
  other.push(known);
  await other.says('parsed /split');
  assert.is(line.said(), 'parsed /known');
  line.stream.destroy();
});

test('a head that differs each time is not remembered', async (rig) => {
  const line = await rig.open();
  const named = known.replace('Host: a', 'Host: a\r\nX-Request-Id: 1');
  for (let n = 0; n < 2; n += 1) {
    line.push(named);
    await line.says(`parsed /known${' parsed /known'.repeat(n + 1)}`);
  }
});

test.run();

type Line = {
  stream: Duplex;
  /** Gives the server a piece, in a turn of its own. */
  push(piece: string): void;
  /** Gives it pieces in one turn; null is the end. */
  pushAtOnce(...pieces: (string | null)[]): void;
  /** The bodies of all answers so far. */
  said(): string;
  says(text: string): Promise<void>;
  ended: Promise<void>;
};

/** A connection that is driven by hand. */
function openLine(): Line {
  let received = '';
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const stream = new Duplex({
    allowHalfOpen: true,
    read() {},
    write(piece: Buffer, _encoding, done) {
      received += String(piece);
      done();
    },
    final(done) {
      end();
      done();
    },
  });
  stream.on('error', () => {});
  const pieces: string[] = [];
  const feed = () => {
    const piece = pieces.shift();
    if (piece !== undefined) stream.push(piece);
    if (pieces.length > 0) setImmediate(feed);
  };
  const said = () =>
    [
      ...received.matchAll(
        /\r\n\r\n(?:[0-9a-f]+\r\n)?((?:parsed|taken)[^\r\n]*?) ?(?=\r\n|HTTP|$)/g,
      ),
    ]
      .map(([, body]) => body)
      .join(' ');
  return {
    stream,
    push(piece) {
      pieces.push(piece);
      if (pieces.length === 1) setImmediate(feed);
    },
    pushAtOnce(...all) {
      for (const piece of all) stream.push(piece);
    },
    said,
    async says(text) {
      for (let turn = 0; turn < 1_000 && said() !== text; turn += 1) await turns(1);
      assert.is(said(), text);
    },
    ended,
  };
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
}

function answer(body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

async function turns(count = 20) {
  for (let turn = 0; turn < count; turn += 1) await new Promise((done) => setImmediate(done));
}
