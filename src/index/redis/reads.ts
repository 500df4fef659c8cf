import type { Entry } from '../../core/journal-entry.ts';
import { compareCodePoints } from '../../core/json.ts';
import { compareVersions } from '../../core/version.ts';
import { pageItemsMax } from '../limits.ts';
import type { CallOptions, DependentRecord, Index, Read } from '../port.ts';
import { headOf } from './apply.ts';
import { type CommandList, openCommandList } from './command-list.ts';
import type { Connection, Reply } from './connection.ts';
import { type FixedKeys, type SetKeys, setKeys } from './keys.ts';
import {
  changeOf,
  edgeField,
  packageRecord,
  storeField,
  tokenField,
  unpackEdge,
  unpackEntry,
  unpackFramedEntry,
} from './records.ts';
import { dependentsScript, feedScript, packagesScript, readScript } from './scripts.ts';

/** What the index answers, each of one head. */
export type RedisReads = Pick<
  Index,
  'head' | 'store' | 'token' | 'package' | 'packages' | 'dependents' | 'feed'
>;

/** Entries have lower numbers; higher ones have no plain text. */
const numberMax = 2 ** 50;

type DependentPlace = NonNullable<Parameters<Index['dependents']>[1]['after']>;

export function openReads(connection: Connection, keys: FixedKeys): RedisReads {
  return {
    async head(options) {
      return headOf(await read(() => {}, options));
    },
    async store(options) {
      return readRegistry(storeField, (entry) => changeOf('store', { entry }).store, options);
    },
    async token(sha256, options) {
      const field = tokenField(sha256);
      return readRegistry(field, (entry) => changeOf('token', { entry }).token, options);
    },
    async package(name, options) {
      const reply = await read((list, inSet) => list.add('HGETALL', inSet.package(name)), options);
      return { head: headOf(reply), value: packageRecord(name, reply[1] as Buffer[]) };
    },
    async packages({ after, limit, namespace }, options) {
      const start = namespace === undefined ? '-' : `[${namespace}/`;
      const end = namespace === undefined ? '+' : `(${namespace}0`; // the character after `/`
      const isInside =
        after !== undefined &&
        (namespace === undefined || compareCodePoints(after, `${namespace}/`) >= 0);
      const reply = await connection.run(
        packagesScript,
        (set) => {
          const { names, packages } = setKeys(keys, set);
          const from = isInside ? `(${after}` : start;
          return {
            keys: [keys.meta, names],
            args: [set, from, end, pageLimit(limit), start, packages],
          };
        },
        options,
      );
      const [, total, names, hashes] = reply as [Reply, number, Buffer[], Buffer[][]];
      const records = names.flatMap(
        (name, at) => packageRecord(name.toString(), hashes[at]!) ?? [],
      );
      return { head: headOf(reply), value: { records, total } };
    },
    async dependents(name, { after, limit }, options) {
      const page = pageLimit(limit);
      const reply = await connection.run(
        dependentsScript,
        (set) => {
          const { dependents, packages } = setKeys(keys, set);
          // Each name has a row at least, and those of the first may all be before the page.
          const from = after === undefined ? '-' : `[${after.name}`;
          const args = [set, from, page + 1, packages, edgeField(name)];
          return { keys: [keys.meta, dependents(name)], args };
        },
        options,
      );
      const [, names, edges] = reply as [Reply, Buffer[], Buffer[]];
      const rows = names.flatMap((from, at) => dependentRows(from.toString(), edges[at]!, after));
      return { head: headOf(reply), value: rows.slice(0, page) };
    },
    async feed({ since, limit }, options) {
      const first = `${Math.min(Math.max(0, since), numberMax) + 1}-0`;
      const reply = await connection.run(
        feedScript,
        (set) => {
          const { feed, packages } = setKeys(keys, set);
          return { keys: [keys.meta, feed], args: [set, first, pageLimit(limit), packages] };
        },
        options,
      );
      return { head: headOf(reply), value: (reply[1] as FeedRow[]).map(feedEntry) };
    },
  };

  /** Commands of one head: the answer of each behind it. */
  function read(fill: (list: CommandList, keys: SetKeys) => void, options?: CallOptions) {
    const given = (set: string) => {
      const list = openCommandList(1);
      fill(list, setKeys(keys, set));
      return list.behind([keys.meta], [set]);
    };
    return connection.run(readScript, given, options);
  }

  async function readRegistry<T>(
    field: string,
    recordOf: (entry: ReturnType<typeof unpackEntry>) => T,
    options?: CallOptions,
  ): Promise<Read<T | undefined>> {
    const reply = await read((list, { registry }) => list.add('HGET', registry, field), options);
    const bytes = reply[1] as Buffer | null;
    return { head: headOf(reply), value: bytes ? recordOf(unpackEntry(bytes)) : undefined };
  }
}

/** An entry as it lies in the feed, or the name of the package in whose frame it lies, and the entry. */
type FeedRow = Buffer | [name: Buffer, entry: Buffer];

function feedEntry(row: FeedRow): Entry {
  return Array.isArray(row) ? unpackFramedEntry(row[0].toString(), row[1]) : unpackEntry(row);
}

/** Rows of one dependent, lowest version first, as far as they are behind this place. */
function dependentRows(name: string, edge: Buffer, after: DependentPlace | undefined) {
  return unpackEdge(edge)
    .map((row): DependentRecord => ({ name: name as DependentRecord['name'], ...row }))
    .filter(({ version }) => name !== after?.name || compareVersions(version, after.version) > 0);
}

function pageLimit(limit: number): number {
  return Math.min(Math.max(1, Math.trunc(limit)), pageItemsMax);
}
