import type { Test } from 'uvu';
import { dockerRegistryMissing } from '../support/docker-registry.ts';
import { redisMissing } from '../support/redis.ts';
import { suite } from '../support/suite.ts';

/** A suite on docker-registry and Redis: each of its tests is skipped, with the reason, where they can't be had. */
export async function partsSuite<T>(
  name: string,
  options: { timeoutMs?: number } = {},
): Promise<Test<T>> {
  const test = suite<T>(name, options);
  const missing = await partsMissing();
  if (missing === undefined) return test;
  const nothing = Object.assign(() => {}, { each: () => {} });
  const skip = (title: string) => test.skip(`${title} (${missing})`);
  return Object.assign(skip, {
    only: skip,
    skip: (title?: string) => skip(title ?? ''),
    before: nothing,
    after: nothing,
    run: () => test.run(),
  });
}

/** Why docker-registry or Redis can't be had here; undefined where both can. */
export async function partsMissing(): Promise<string | undefined> {
  return redisMissing() ?? (await dockerRegistryMissing());
}
