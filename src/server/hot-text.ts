import type { HotAnswer } from './hot-answers.ts';

/** The texts of one answer in this second, up to where its request id stands, and what follows that. */
export type HotText = { full: string; notModified: string; rest: string };

/** Fields that speak of a body: a 304 has none. */
const bodyFields: ReadonlySet<string> = new Set([
  'content-type',
  'content-length',
  'content-encoding',
]);

type Prepared = HotText & { second: number; sequence: number };

/**
 * Whole answers as Latin-1 text, head and body in one piece, which goes out in one write. What changes from one
 * second or number of the journal to the next is put together once for each; the request id comes last in the head.
 */
export function createHotTexts(keepAliveTimeoutMs: number) {
  const prepared = new WeakMap<HotAnswer, Prepared>();
  const connection = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveTimeoutMs / 1000)}\r\n`;
  let second = 0;
  let date = '';

  return { textOf };

  /** An answer's texts at a number of the journal. `now` is the time of day in milliseconds. */
  function textOf(answer: HotAnswer, sequence: number, now: number): HotText {
    const thisSecond = Math.floor(now / 1000);
    const found = prepared.get(answer);
    if (found?.second === thisSecond && found.sequence === sequence) return found;
    if (thisSecond !== second) {
      second = thisSecond;
      date = `Date: ${new Date(now).toUTCString()}\r\n`;
    }
    const last = `Vitte-Sequence: ${answer.store}:${sequence}\r\n${date}${connection}X-Request-Id: `;
    const text: Prepared = {
      second,
      sequence,
      full: flat(`HTTP/1.1 200 OK\r\n${linesOf(answer, false)}${last}`),
      notModified: flat(`HTTP/1.1 304 Not Modified\r\n${linesOf(answer, true)}${last}`),
      rest: found?.rest ?? `\r\n\r\n${answer.body}`,
    };
    prepared.set(answer, text);
    return text;
  }
}

/** The fields that an answer is sent with, beside those of each single one. */
export function hotFields(answer: HotAnswer, notModified: boolean): HotAnswer['fields'] {
  if (!notModified) return answer.fields;
  return answer.fields.filter(([name]) => !bodyFields.has(name.toLowerCase()));
}

function linesOf(answer: HotAnswer, notModified: boolean): string {
  return hotFields(answer, notModified)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

/** One string where V8 would keep a tree of pieces and flatten it anew with each answer. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
