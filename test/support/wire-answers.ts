// Several requests and answers on one connection that is kept open, byte for byte.
import type { Wire, WireAnswer } from './wire.ts';

const waitMsMax = 10_000;

/** A request without a body, as text. */
export function plainRequest(method: string, target: string, ...fields: string[]): string {
  return `${[`${method} ${target} HTTP/1.1`, 'Host: a', ...fields].join('\r\n')}\r\n\r\n`;
}

/** Sends requests, each after the answer to the one before. */
export async function inTurn(wire: Wire, requests: string[]): Promise<WireAnswer[]> {
  const answers: WireAnswer[] = [];
  for (const one of requests) {
    const from = wire.received().length;
    wire.write(one);
    await soon(() => answersAfter(wire, from).length === 1);
    answers.push(...answersAfter(wire, from));
  }
  return answers;
}

/** Waits for what comes within turns of the event loop. */
export async function soon(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + waitMsMax;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${waitMsMax} ms: ${holds}`);
    await new Promise((done) => setImmediate(done));
  }
}

/** The statuses of the whole answers that came after so many bytes. */
export function statusesAfter(wire: Wire, from: number): number[] {
  return answersAfter(wire, from).map(({ status }) => status);
}

function answersAfter(wire: Wire, from: number): WireAnswer[] {
  const answers: WireAnswer[] = [];
  let rest = wire.received().subarray(from);
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return answers;
    const [first = '', ...lines] = rest.toString('latin1', 0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const next = end + 4 + Number(headers['content-length'] ?? 0);
    if (rest.length < next) return answers;
    const status = Number(first.split(' ')[1]);
    const raw = rest.subarray(0, next);
    answers.push({ status, headers, body: raw.subarray(end + 4), raw });
    rest = rest.subarray(next);
  }
}
