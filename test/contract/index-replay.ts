import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Index, PackageRecord } from '../../src/index/port.ts';
import { suite } from '../support/suite.ts';
import type { OpenIndex } from './index.ts';
import {
  attached,
  created,
  deprecated,
  openTestJournal,
  owner,
  type Planned,
  published,
  registryCreated,
  tokenMade,
  unknown,
  unyanked,
  voided,
  yanked,
} from './index-journal.ts';
import { everyAnswer, withIndex } from './index-opened.ts';

const names = ['a', 'ab', 'a-b', 'a/b', 'b'];
const versions = ['1.0.0', '1.10.0', '1.9.0', '2.0.0-rc.1', '1.0.0+b'];

type Deed = {
  name: string;
  version: string;
  on: string;
  kind: 'publish' | 'sign' | 'yank' | 'unyank' | 'deprecate' | 'owner' | 'void' | 'unknown';
};

const deed: fc.Arbitrary<Deed> = fc.record({
  name: fc.constantFrom(...names),
  version: fc.constantFrom(...versions),
  on: fc.constantFrom(...names),
  kind: fc.constantFrom(
    ...(['publish', 'publish', 'publish', 'publish', 'sign', 'yank', 'unyank'] as const),
    ...(['deprecate', 'owner', 'void', 'unknown'] as const),
  ),
});
const deeds = fc.array(deed, { maxLength: 40 });
const stepSizes = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 12 });

/** The index follows from the journal alone. */
export function replayContract(name: string, open: OpenIndex) {
  const test = suite(`${name}: replay`);

  test(
    'A journal applied again, in other steps, gives every answer as before',
    withIndex(open, async ({ index }) => {
      const property = fc.asyncProperty(deeds, stepSizes, stepSizes, async (list, some, others) => {
        const journal = planned(list);
        await index.clear();
        await applyAll(index, journal, some);
        const { head, ...before } = await everyAnswer(index, names);
        await index.clear();
        await applyAll(index, journal, others);
        const { head: headAfter, ...after } = await everyAnswer(index, names, 3);
        assert.equal(after, before);
        assert.is(headAfter?.sequence, head?.sequence);
      });
      await fc.assert(property, { numRuns: 40 });
    }),
  );

  test(
    'A replay that finds the content of voided versions gone gives the same answers',
    withIndex(open, async ({ index }) => {
      const property = fc.asyncProperty(deeds, stepSizes, async (list, sizes) => {
        const journal = planned(list);
        const lost = new Set(journal.flatMap(({ event }) => publishedId(event) ?? []));
        const after = journal.map((event) =>
          lost.has(event.event.id) ? { ...event, facts: 'gone' as const } : event,
        );
        await index.clear();
        await applyAll(index, journal, sizes);
        const told = await everyAnswer(index, names);
        await index.clear();
        await applyAll(index, after, sizes);
        assert.equal(await everyAnswer(index, names), told);
      });
      await fc.assert(property, { numRuns: 40 });
    }),
  );

  test(
    'What is listed, and what depends on what, is what a naive reading of the journal says',
    withIndex(open, async ({ index }) => {
      const property = fc.asyncProperty(deeds, stepSizes, async (list, sizes) => {
        const events = planned(list);
        await index.clear();
        await applyAll(index, events, sizes);
        const { packages, about } = await everyAnswer(index, names);
        const standing = naive(list);
        assert.equal(
          packages.map((record) => record.name),
          [...new Set([...standing.values()].map(({ name }) => name))].sort(),
        );
        for (const name of names) {
          const { dependents } = about[name] as { dependents: { name: string; version: string }[] };
          assert.equal(
            dependents.map(labelOf).sort(),
            [...standing.values()]
              .filter(({ on }) => on === name)
              .map(labelOf)
              .sort(),
          );
        }
        assert.equal(
          packages.map(statesOf),
          packages.map(({ name }) => naiveStates(list, name, standing)),
        );
      });
      await fc.assert(property, { numRuns: 40 });
    }),
  );

  test.run();
}

/** The deeds as a journal: each version is published at most once, and voided only after that. */
function planned(list: Deed[]): Planned[] {
  const events: Planned[] = [registryCreated(), tokenMade('t')];
  const known = new Set<string>();
  const gone = new Set<string>();
  for (const deed of list) {
    const { name, version, on, kind } = deed;
    if (kind === 'unknown') events.push(unknown(name));
    if (kind === 'publish' && !known.has(name)) events.push(created(name));
    if (kind === 'publish' && !known.has(labelOf(deed))) {
      events.push(published(name, version, { runtime: { [on]: '^1.0.0' } }));
      known.add(name).add(labelOf(deed));
    }
    const stands = known.has(labelOf(deed)) && !gone.has(labelOf(deed));
    if (kind === 'sign' && stands) events.push(attached(name, version, on.at(-1)));
    if (kind === 'yank' && stands)
      events.push(yanked(name, version, on.length > 1 ? on : undefined));
    if (kind === 'unyank' && stands) events.push(unyanked(name, version));
    if (kind === 'deprecate' && known.has(name)) {
      events.push(deprecated(name, on.length > 1 ? on : ''));
    }
    if (kind === 'owner' && known.has(name)) {
      events.push(
        owner(name, on.replace('/', '-'), version === '2.0.0-rc.1' ? undefined : 'owner'),
      );
    }
    if (kind === 'void' && known.has(labelOf(deed))) {
      events.push(voided(name, version));
      gone.add(labelOf(deed));
    }
  }
  return events;
}

/** The versions that stand at the end. */
function naive(list: Deed[]): Map<string, Deed> {
  const first = new Map<string, Deed>();
  const gone = new Set<string>();
  for (const deed of list) {
    const label = labelOf(deed);
    if (deed.kind === 'publish' && !first.has(label)) first.set(label, deed);
    if (deed.kind === 'void' && first.has(label)) gone.add(label);
  }
  for (const label of gone) first.delete(label);
  return first;
}

function statesOf({ versions, deprecation, owners }: PackageRecord) {
  const yanks = versions.flatMap((record) =>
    !record.voided && record.yanked ? `${record.version} ${record.yank?.reason ?? ''}` : [],
  );
  return [yanks.sort(), deprecation?.message ?? '', owners.map(({ account }) => account)];
}

/** What was said last, after the package was first published and while the version stood. */
function naiveStates(list: Deed[], name: string, standing: Map<string, Deed>) {
  const own = list.filter((deed) => deed.name === name);
  const since = (kind: Deed['kind'], of: (deed: Deed) => boolean) =>
    own.slice(own.findIndex((deed) => deed.kind === kind && of(deed)));
  const yanks = [...standing.values()].flatMap(({ name: of, version }) => {
    if (of !== name) return [];
    const same = (deed: Deed) => deed.version === version;
    const last = since('publish', same)
      .filter((deed) => same(deed) && ['yank', 'unyank'].includes(deed.kind))
      .at(-1);
    return last?.kind === 'yank' ? `${version} ${last.on.length > 1 ? last.on : ''}` : [];
  });
  const later = since('publish', () => true);
  const message = later.filter(({ kind }) => kind === 'deprecate').at(-1)?.on ?? '';
  const owners = new Set(['ann']);
  for (const { on, version } of later.filter(({ kind }) => kind === 'owner')) {
    if (version === '2.0.0-rc.1') owners.delete(on.replace('/', '-'));
    else owners.add(on.replace('/', '-'));
  }
  return [yanks.sort(), message.length > 1 ? message : '', [...owners].sort()];
}

async function applyAll(index: Index, events: Planned[], sizes: number[]) {
  const journal = openTestJournal();
  let done = 0;
  for (let round = 0; done < events.length; round += 1) {
    // A run of empty batches ends somewhere.
    const size = Math.max(sizes[round % sizes.length]!, round < sizes.length ? 0 : 1);
    const step = journal.step(events.slice(done, done + size));
    assert.equal(await index.apply(step), step.after);
    done += size;
  }
}

function labelOf({ name, version }: { name: string; version: string }): string {
  return `${name}@${version}`;
}

/** For a `voided` event, the id of the event that published the version. */
function publishedId(event: Planned['event']): string | undefined {
  return event.event === 'voided' ? `published-${event.package}-${event.version}` : undefined;
}
