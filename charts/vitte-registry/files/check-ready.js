// helm test: waits until the service says that every part of it answers. Its address is the last argument.
import { setTimeout as wait } from 'node:timers/promises';

const attempts = 30;
const pauseMs = 1_000;
const requestTimeoutMs = 10_000;

const url = new URL('/readyz', process.argv.at(-1));
let said = '';
for (let attempt = 1; attempt <= attempts; attempt += 1) {
  if (attempt > 1) await wait(pauseMs);
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(requestTimeoutMs) });
    said = `${response.status} ${await response.text()}`;
    if (response.ok) break;
  } catch (error) {
    said = String(error.cause ?? error);
  }
}
console.log(`${url} ${said}`);
process.exitCode = said.startsWith('200 ') ? 0 : 1;
