// Test files take `suite` from here, not from uvu: uvu's own command exits 0 when a hook throws, when a
// test throws null or a string, and when `.run()` is forgotten (lukeed/uvu issues 60, 191, 201, 205).
// This wrapper gives every test a time limit and an Error to fail with; `../run.ts` does the rest.
import { type Callback, type Test, suite as uvuSuite } from 'uvu';

/** Longest time one test or hook may take unless it says otherwise, in milliseconds. */
export const testTimeoutMs = 60_000;

/** Suites declared so far in this process; `../run.ts` compares it with those that were run. */
export const declaredSuites: string[] = [];
/** Errors of hooks, which uvu swallows; `../run.ts` reports them. */
export const hookErrors: string[] = [];

/** A uvu suite whose tests and hooks end within `timeoutMs`. Call `.run()` on it once, at the end of the file. */
export function suite<T = Record<string, unknown>>(
  name: string,
  options: { context?: T; timeoutMs?: number } = {},
): Test<T> {
  const timeoutMs = options.timeoutMs ?? testTimeoutMs;
  const inner = uvuSuite<T>(name, options.context);
  declaredSuites.push(name);
  const guard =
    (label: string, body: Callback<T>): Callback<T> =>
    (context) =>
      withLimit(label, timeoutMs, async () => body(context));
  const outer = ((title, body) => inner(title, guard(title, body))) as Test<T>;
  outer.only = (title, body) => inner.only(title, guard(title, body));
  outer.skip = (title) => inner.skip(title);
  outer.before = hook('before', inner.before);
  outer.after = hook('after', inner.after);
  outer.run = () => inner.run();
  return outer;

  function hook(label: string, target: Test<T>['before']): Test<T>['before'] {
    const noted =
      (title: string, body: Callback<T>): Callback<T> =>
      async (context) => {
        try {
          await guard(title, body)(context);
        } catch (error) {
          hookErrors.push(`${name}: ${title}: ${error instanceof Error ? error.stack : error}`);
          throw error;
        }
      };
    const wrapped = ((body) => target(noted(label, body))) as Test<T>['before'];
    wrapped.each = (body) => target.each(noted(`${label}.each`, body));
    return wrapped;
  }
}

async function withLimit(label: string, timeoutMs: number, body: () => Promise<void>) {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${label}: over ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([body(), limit]);
  } catch (cause) {
    throw cause instanceof Error ? cause : new Error(`${label}: threw ${String(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}
