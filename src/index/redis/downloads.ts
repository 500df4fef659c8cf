import { randomBytes } from 'node:crypto';
import { compareVersions, type Version } from '../../core/version.ts';
import { pageItemsMax } from '../limits.ts';
import type { CallOptions, DownloadCount, Index } from '../port.ts';
import { openCommandList } from './command-list.ts';
import type { Argument, Connection, Reply } from './connection.ts';
import type { FixedKeys } from './keys.ts';
import { begin, readScript, script } from './scripts.ts';

export type RedisDownloads = Pick<Index, 'addDownloads' | 'restoreDownloads' | 'downloads'>;

/** A call whose answer was lost is sent again within this time: it shall not count twice. */
const batchMsMax = 60_000;

/**
 * Counts downloads, once for each batch. Counters of a package are text: versions and numbers in turn. KEYS meta,
 * downloads, the batch's; ARGV set, milliseconds for which the batch is remembered, \`add\` or \`least\`, then for each
 * package its name, how many rows follow, the rows: version, number.
 */
const countScript = script(`${begin}
if not redis.call('SET', KEYS[3], '1', 'NX', 'PX', ARGV[2]) then return {head} end
local at = 4
while at <= #ARGV do
  local name, last = ARGV[at], at + 1 + 2 * tonumber(ARGV[at + 1])
  local counts, order = {}, {}
  for version, count in string.gmatch(redis.call('HGET', KEYS[2], name) or '', '(%S+) (%d+)') do
    order[#order + 1] = version
    counts[version] = tonumber(count)
  end
  for row = at + 2, last, 2 do
    local version, count = ARGV[row], tonumber(ARGV[row + 1])
    if not counts[version] then order[#order + 1] = version end
    local standing = counts[version] or 0
    counts[version] = ARGV[3] == 'add' and standing + count or math.max(standing, count)
  end
  local words = {}
  for _, version in ipairs(order) do
    words[#words + 1] = version .. ' ' .. string.format('%.0f', counts[version])
  end
  redis.call('HSET', KEYS[2], name, table.concat(words, ' '))
  at = last + 1
end
return {head}
`);

/** Counters of downloads, which no data set holds: they outlive a `clear`. */
export function openDownloads(connection: Connection, keys: FixedKeys): RedisDownloads {
  return {
    addDownloads: (counts, options) => count('add', counts, options),
    restoreDownloads: (counts, options) => count('least', counts, options),
    async downloads(names, options) {
      const asked = names.slice(0, pageItemsMax);
      if (asked.length === 0) return [];
      const list = openCommandList(1);
      list.addAll('HMGET', keys.downloads, [...asked], 1);
      const given = (set: string) => list.behind([keys.meta], [set]);
      const [, values] = await connection.run(readScript, given, options);
      return asked.flatMap((name, at) => rows(name, (values as Reply[])[at] as Buffer | null));
    },
  };

  async function count(
    how: 'add' | 'least',
    counts: readonly DownloadCount[],
    options?: CallOptions,
  ) {
    if (counts.length === 0) return;
    const batch = keys.counted(randomBytes(9).toString('base64url'));
    const byPackage = Map.groupBy(counts.slice(0, pageItemsMax), ({ name }) => name);
    const args = [...byPackage].flatMap(([name, own]): Argument[] => [
      name,
      own.length,
      ...own.flatMap((row): Argument[] => [row.version, row.count]),
    ]);
    await connection.run(
      countScript,
      (set) => ({
        keys: [keys.meta, keys.downloads, batch],
        args: [set, batchMsMax, how, ...args],
      }),
      options,
    );
  }
}

function rows(name: DownloadCount['name'], value: Buffer | null): DownloadCount[] {
  const found = (value?.toString() ?? '').matchAll(/(\S+) (\d+)/g);
  return [...found]
    .map(([, version, count]) => ({ name, version: version as Version, count: Number(count) }))
    .sort((a, b) => compareVersions(a.version, b.version));
}
