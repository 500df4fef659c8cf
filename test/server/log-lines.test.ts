import * as assert from 'uvu/assert';
import { createLogLines } from '../../src/server/log-lines.ts';
import { makeLogger } from '../../src/server/logger.ts';
import { suite } from '../support/suite.ts';

const test = suite('lines of the log');

test('lines of one turn are written together, in their order, at its end', async () => {
  const { written, write } = sink();
  const lines = createLogLines(write, { gathered: true });
  for (const line of ['a\n', 'b\n', 'c\n']) lines.add(line);
  assert.equal(written, []);
  await new Promise((done) => setImmediate(done));
  assert.equal(written, ['a\nb\nc\n']);
  lines.add('d\n');
  lines.flush();
  lines.flush();
  assert.equal(written, ['a\nb\nc\n', 'd\n']);
});

test('they do not wait where there are too many, nor where they are not gathered', () => {
  const { written, write } = sink();
  const lines = createLogLines(write, { gathered: true });
  for (let n = 0; n < 100; n += 1) lines.add('x'.repeat(1_000));
  assert.is(written.length, 1);
  createLogLines(write).add('now\n');
  assert.is(written.at(-1), 'now\n');
});

test('an error is written at once, with all that came before it', () => {
  const { written, write } = sink();
  const logger = makeLogger('info', { write }, { gathered: true });
  logger.info('first');
  logger.lines.add('whole\n');
  assert.equal(written, []);
  logger.error('second');
  assert.is(written.length, 1);
  assert.match(written[0] ?? '', /^\{.*"first"\}\nwhole\n\{.*"second"\}\n$/);
});

test.run();

function sink() {
  const written: string[] = [];
  return { written, write: (text: string) => void written.push(text) };
}
