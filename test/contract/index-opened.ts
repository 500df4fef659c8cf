import * as assert from 'uvu/assert';
import { type ErrorCode, isVitteError } from '../../src/core/errors.ts';
import type { Entry } from '../../src/core/journal-entry.ts';
import type { PackageName } from '../../src/core/name.ts';
import type { DependentRecord, Index, PackageRecord } from '../../src/index/port.ts';
import type { OpenIndex } from './index.ts';

export type Opened = { index: Index; peer: Index; pass: (ms: number) => void };

/** A test body that is given an empty index, a second way to it, and a clock that moves when it is told to. */
export function withIndex(open: OpenIndex, body: (opened: Opened) => Promise<void>) {
  return async () => {
    let time = Date.parse('2026-11-22T12:00:00.000Z');
    const { index, peer = index, close } = await open({ now: () => time });
    try {
      await body({
        index,
        peer,
        pass: (ms) => {
          time += ms;
        },
      });
    } finally {
      await close();
    }
  };
}

/** Asserts that a call is refused with this code. */
export async function refused(call: Promise<unknown>, code: ErrorCode) {
  const error = await call.then(
    () => assert.unreachable(`expected ${code}`),
    (reason: unknown) => reason,
  );
  assert.ok(isVitteError(error, code), `expected ${code}, got ${String(error)}`);
}

/** Everything that an index answers about these names, read page by page with this page size. */
export async function everyAnswer(index: Index, names: readonly string[], limit = 7) {
  const about: Record<string, unknown> = {};
  for (const name of names as PackageName[]) {
    const dependents = await allDependents(index, name, limit);
    about[name] = { package: (await index.package(name)).value, dependents };
  }
  return {
    head: await index.head(),
    store: (await index.store()).value,
    packages: await allPackages(index, limit),
    feed: await allEntries(index, limit),
    about,
  };
}

export async function allPackages(index: Index, limit: number, namespace?: string) {
  const found: PackageRecord[] = [];
  for (;;) {
    const after = found.at(-1)?.name;
    const { value } = await index.packages({
      limit,
      ...(after === undefined ? {} : { after }),
      ...(namespace === undefined ? {} : { namespace }),
    });
    found.push(...value.records);
    if (value.records.length < limit) return found;
  }
}

export async function allDependents(index: Index, name: PackageName, limit: number) {
  const found: DependentRecord[] = [];
  for (;;) {
    const after = found.at(-1);
    const { value } = await index.dependents(name, { limit, ...(after ? { after } : {}) });
    found.push(...value);
    if (value.length < limit) return found;
  }
}

export async function allEntries(index: Index, limit: number) {
  const found: Entry[] = [];
  for (;;) {
    const { value } = await index.feed({ since: found.at(-1)?.n ?? 0, limit });
    found.push(...value);
    if (value.length < limit) return found;
  }
}
