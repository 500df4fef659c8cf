// The part of the index that a step may change: read before it, held while its changes are taken, written after it.
import type { PackageName } from '../../core/name.ts';
import type { Version } from '../../core/version.ts';
import { dependentRecords, type IndexChange } from '../project.ts';
import { type CommandList, openCommandList } from './command-list.ts';
import type { Reply } from './connection.ts';
import type { SetKeys } from './keys.ts';
import { openPackageState, type PackageState } from './package-state.ts';
import { edgeField, groupField, headField, storeField, tokenField } from './records.ts';

/** Runs commands at the head where the step begins, and gives the answer of each. */
export type ReadCommands = (list: CommandList) => Promise<Reply[]>;

export type StepState = {
  /** True once for a field that the registry's hash does not have; it is written then. */
  takeField(field: string, value: Buffer): boolean;
  package(name: PackageName): PackageState;
  write(list: CommandList): void;
};

/** Reads what these changes may meet. */
export async function readStepState(
  changes: readonly IndexChange[],
  keys: SetKeys,
  read: ReadCommands,
): Promise<StepState> {
  const fields = new Map<string, Buffer | 'missing' | 'there'>();
  const packages = new Map<PackageName, PackageState>();
  for (const change of changes) {
    if (change.change === 'store') fields.set(storeField, 'missing');
    else if (change.change === 'token') fields.set(tokenField(change.token.sha256), 'missing');
    else packageOf(nameOf(change));
  }
  await readFirst();
  await readGroups();
  await readEdgesOfVoided();

  return {
    takeField(field, value) {
      if (fields.get(field) !== 'missing') return false;
      fields.set(field, value);
      return true;
    },
    package: packageOf,
    write(list) {
      const values = [...fields].filter(([, value]) => typeof value !== 'string');
      list.addAll('HSET', keys.registry, values.flat() as (string | Buffer)[], 2);
      for (const state of packages.values()) state.write(keys, list);
    },
  };

  function packageOf(name: PackageName): PackageState {
    const state = packages.get(name) ?? openPackageState(name);
    packages.set(name, state);
    return state;
  }

  /** The registry's fields, the packages' heads, and what they say of those that new versions depend on. */
  async function readFirst() {
    const wanted = new Map([...packages.keys()].map((name) => [name, new Set([headField])]));
    for (const change of changes) {
      if (change.change !== 'version' || change.record.voided) continue;
      for (const { on } of dependentRecords(change.record))
        wanted.get(change.name)?.add(edgeField(on));
    }
    const list = openCommandList(1);
    list.addAll('HMGET', keys.registry, [...fields.keys()], 1);
    const values = await readFields(wanted, list);
    for (const field of fields.keys()) fields.set(field, values.shift() ? 'there' : 'missing');
    takeFields(wanted, values);
  }

  /** The group to which a new version is added, and that of each version that is signed, yanked or voided. */
  async function readGroups() {
    const wanted = new Map<PackageName, Set<string>>();
    for (const change of changes) {
      if (!isOfVersion(change)) continue;
      const versions = packageOf(change.name).head?.versions ?? [];
      const place = versions.indexOf(versionOf(change));
      const group = groupField(place < 0 ? versions.length : place);
      wanted.set(change.name, (wanted.get(change.name) ?? new Set()).add(group));
    }
    takeFields(wanted, await readFields(wanted));
  }

  async function readEdgesOfVoided() {
    const wanted = new Map<PackageName, Set<string>>();
    for (const change of changes) {
      if (change.change !== 'void') continue;
      const record = packageOf(change.name).version(change.version);
      for (const { on } of record?.voided === false ? dependentRecords(record) : []) {
        wanted.set(change.name, (wanted.get(change.name) ?? new Set()).add(edgeField(on)));
      }
    }
    takeFields(wanted, await readFields(wanted));
  }

  async function readFields(
    wanted: Map<PackageName, Set<string>>,
    list = openCommandList(1),
  ): Promise<(Buffer | null)[]> {
    for (const [name, names] of wanted) list.addAll('HMGET', keys.package(name), [...names], 1);
    return list.size > 0 ? ((await read(list)).flat() as (Buffer | null)[]) : [];
  }

  function takeFields(wanted: Map<PackageName, Set<string>>, values: (Buffer | null)[]) {
    let at = 0;
    for (const [name, names] of wanted) {
      for (const field of names) packageOf(name).load(field, values[at++] ?? undefined);
    }
  }
}

function nameOf(change: Exclude<IndexChange, { change: 'store' | 'token' }>): PackageName {
  return change.change === 'package' ? change.record.name : change.name;
}

type OfVersion = Extract<IndexChange, { change: 'version' | 'sign' | 'yank' | 'void' }>;

function isOfVersion(change: IndexChange): change is OfVersion {
  return ['version', 'sign', 'yank', 'void'].includes(change.change);
}

function versionOf(change: OfVersion): Version {
  return change.change === 'version' ? change.record.version : change.version;
}
