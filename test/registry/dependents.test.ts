import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import type { PackageName } from '../../src/core/name.ts';
import { type Requirement, satisfies } from '../../src/core/requirement.ts';
import type { Version } from '../../src/core/version.ts';
import { openMemoryIndex } from '../../src/index/memory.ts';
import { dependencies } from '../../src/registry/dependencies.ts';
import { dependents } from '../../src/registry/dependents.ts';
import type { Parts } from '../../src/registry/parts.ts';
import type { DependencyNode, Dependent } from '../../src/registry/port.ts';
import {
  created,
  openTestJournal,
  type Planned,
  published,
  yanked,
} from '../contract/index-journal.ts';
import { anonymous } from '../support/service.ts';
import { suite } from '../support/suite.ts';

const test = suite('dependents and dependencies');

type Row = {
  name: string;
  version: string;
  runtime?: Record<string, string>;
  development?: Record<string, string>;
};

/** The parts of a registry that holds these versions. */
async function registryOf(rows: Row[], more: Planned[] = []) {
  const index = openMemoryIndex();
  const names = [...new Set(rows.map(({ name }) => name))];
  const events = rows.map(({ name, version, ...options }) => published(name, version, options));
  await index.apply(
    openTestJournal().step([...names.map((name) => created(name)), ...events, ...more]),
  );
  const reader = {
    seen: () => 0,
    async read<T>(
      query: (of: typeof index, options: object) => Promise<{ head: unknown; value: T }>,
    ) {
      const { value } = await query(index, {});
      return { sequence: 1, value };
    },
  };
  return { parts: { index, reader } as unknown as Parts, close: () => index.close() };
}

async function listed(parts: Parts, name: string, transitive: boolean, limit = 1_000) {
  const rows: Dependent[] = [];
  let after: string | undefined;
  do {
    const query = { transitive, limit, ...(after === undefined ? {} : { after }) };
    const { value } = await dependents(parts, name as PackageName, query, anonymous);
    assert.ok(value.dependents.length <= limit);
    rows.push(...value.dependents);
    after = value.next;
  } while (after !== undefined);
  return rows.map(
    ({ name, version, on, depth, scope }) => `${depth} ${name}@${version} ${scope} ${on}`,
  );
}

test('those that depend through others come after those that depend directly, with the way', async () => {
  const { parts, close } = await registryOf([
    { name: 'base', version: '1.0.0' },
    { name: 'middle', version: '1.0.0', runtime: { base: '^1.0.0' } },
    { name: 'middle', version: '2.0.0' },
    { name: 'old', version: '1.0.0', runtime: { middle: '^1.0.0' } },
    { name: 'new', version: '1.0.0', runtime: { middle: '^2.0.0' } },
    { name: 'tester', version: '1.0.0', development: { middle: '*' } },
    { name: 'user', version: '1.0.0', runtime: { tester: '*', old: '*' } },
    { name: 'around', version: '1.0.0', runtime: { base: '*', user: '*' } },
  ]);
  assert.equal(await listed(parts, 'base', true), [
    '1 around@1.0.0 runtime base',
    '1 middle@1.0.0 runtime base',
    '2 old@1.0.0 runtime middle',
    '2 tester@1.0.0 development middle',
    '3 user@1.0.0 runtime old',
  ]);
  assert.equal(await listed(parts, 'base', true, 2), await listed(parts, 'base', true));
  assert.equal(await listed(parts, 'base', false, 1), await listed(parts, 'base', false));
  assert.equal(await listed(parts, 'around', true), []);
  await close();
});

test('a cycle ends, and a package is no dependent of its own', async () => {
  const { parts, close } = await registryOf([
    { name: 'a', version: '1.0.0', runtime: { c: '*' } },
    { name: 'b', version: '1.0.0', runtime: { a: '*', b: '*' } },
    { name: 'c', version: '1.0.0', runtime: { b: '*' } },
  ]);
  assert.equal(await listed(parts, 'a', true), ['1 b@1.0.0 runtime a', '2 c@1.0.0 runtime b']);
  await close();
});

const names = ['a', 'b', 'c', 'd', 'e'];
const versions = ['1.0.0', '1.1.0', '2.0.0'];
const wants = fc.dictionary(
  fc.constantFrom(...names),
  fc.constantFrom('^1.0.0', '^2.0.0', '*', '=1.1.0'),
  {
    maxKeys: 3,
  },
);
const graph = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom(...names),
      version: fc.constantFrom(...versions),
      runtime: wants,
      development: wants,
    }),
    { selector: ({ name, version }) => `${name}@${version}`, minLength: 1, maxLength: 12 },
  )
  .map((rows) => [
    ...rows.filter(({ name, version }) => name !== 'a' || version !== '1.0.0'),
    first,
  ]);
const first: Required<Row> = { name: 'a', version: '1.0.0', runtime: {}, development: {} };

test('what is found through others is what a search without any cleverness finds', async () => {
  await fc.assert(
    fc.asyncProperty(graph, fc.integer({ min: 1, max: 4 }), async (rows, limit) => {
      const { parts, close } = await registryOf(rows);
      const found = await listed(parts, 'a', true, limit);
      assert.equal(new Set(found.map((row) => row.split(' ')[1])), naive(rows));
      assert.is(new Set(found).size, found.length);
      await close();
    }),
    { numRuns: 150 },
  );
});

/** Every version from which a walk along requirements that admit leads to `a`, a development one only as first step. */
function naive(rows: Required<Row>[]): Set<string> {
  const reaches = new Set<string>();
  const label = ({ name, version }: Row) => `${name}@${version}`;
  const leads = (row: Row, wanted: Record<string, string>) =>
    Object.entries(wanted).some(
      ([on, requirement]) =>
        on === 'a' ||
        rows.some(
          (other) =>
            other.name === on &&
            reaches.has(label(other)) &&
            satisfies(other.version as Version, requirement as Requirement),
        ),
    ) && row.name !== 'a';
  for (let before = -1; before !== reaches.size; ) {
    before = reaches.size;
    for (const row of rows) if (leads(row, row.runtime)) reaches.add(label(row));
  }
  // The index holds one requirement of a version on a package: that at run time outweighs the other.
  const development = rows.filter(({ runtime, ...row }) => {
    const rest = Object.entries(row.development).filter(([on]) => !(on in runtime));
    return leads({ runtime, ...row }, Object.fromEntries(rest));
  });
  return new Set([...reaches, ...development.map(label)]);
}

test('a place that no page gave is refused', async () => {
  const { parts, close } = await registryOf([first]);
  for (const after of ['', 'x', '1 a', '1 A 1.0.0', '1 a 1.0', '99999 a 1.0.0', '-1 a 1.0.0']) {
    const query = { transitive: false, limit: 1, after };
    const error = await dependents(parts, 'a' as PackageName, query, anonymous).catch(
      (e: unknown) => e,
    );
    assert.ok(isVitteError(error, 'PKG_E_REQUEST'), after);
  }
  await close();
});

test('a tree shows the highest version that satisfies and is not yanked, each with its own once', async () => {
  const { parts, close } = await registryOf(
    [
      {
        name: 'top',
        version: '1.0.0',
        runtime: { left: '^1.0.0', right: '*' },
        development: { tool: '*' },
      },
      { name: 'left', version: '1.0.0', runtime: { base: '^1.0.0' }, development: { other: '*' } },
      { name: 'left', version: '1.5.0', runtime: { base: '^1.0.0', gone: '*' } },
      { name: 'left', version: '1.9.0' },
      { name: 'left', version: '2.0.0' },
      { name: 'right', version: '1.0.0', runtime: { left: '~1.5', top: '*' } },
      { name: 'base', version: '1.0.0', runtime: { leaf: '*' } },
      { name: 'leaf', version: '1.0.0' },
      { name: 'tool', version: '1.0.0', development: { leaf: '*' } },
    ],
    [yanked('left', '1.9.0')],
  );
  const shown = async (depth: number) => {
    const request = { name: 'top' as PackageName, version: '1.0.0' as Version, depth };
    const { value } = await dependencies(parts, request, anonymous);
    return [value.complete, text(value.dependencies)];
  };
  assert.equal(await shown(64), [
    true,
    'left@1.5.0(base@1.0.0(leaf@1.0.0) gone@none) right@1.0.0(left@1.5.0* top@1.0.0*) tool@1.0.0',
  ]);
  assert.equal(await shown(1), [false, 'left@1.5.0 right@1.0.0 tool@1.0.0']);
  assert.equal(await shown(2), [
    false,
    'left@1.5.0(base@1.0.0 gone@none) right@1.0.0(left@1.5.0* top@1.0.0*) tool@1.0.0',
  ]);
  await close();
});

test('a tree as wide as a hostile author can make it is cut where it says so', async () => {
  const wide = Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`n${n}`, '*']));
  const rows: Row[] = Array.from({ length: 4 }, (_, n) => ({
    name: `w${n}`,
    version: '1.0.0',
    runtime: wide,
  }));
  const top = { name: 'top', version: '1.0.0', runtime: { w0: '*', w1: '*', w2: '*', w3: '*' } };
  const { parts, close } = await registryOf([top, ...rows]);
  const request = { name: 'top' as PackageName, version: '1.0.0' as Version, depth: 64 };
  const { value } = await dependencies(parts, request, anonymous);
  const count = (nodes: DependencyNode[]): number =>
    nodes.reduce((sum, node) => sum + 1 + count(node.dependencies), 0);
  assert.is(value.complete, false);
  assert.is(count(value.dependencies), 2_000);
  await close();
});

function text(nodes: DependencyNode[]): string {
  return nodes
    .map(({ name, version, repeated, dependencies: own }) => {
      const inner = own.length > 0 ? `(${text(own)})` : '';
      return `${name}@${version ?? 'none'}${repeated ? '*' : ''}${inner}`;
    })
    .join(' ');
}

test.run();
