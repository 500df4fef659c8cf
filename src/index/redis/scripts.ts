// The scripts: each runs as a whole or not at all, and is the one step of a call. All but `open` begin alike: the
// caller names the data set that it knows, another one (Redis was flushed, or the index cleared) is answered with
// nil and changes nothing; else the answer begins with the head. Times are the caller's clock in milliseconds. Lua
// writes large numbers as 1.7e+12 and keeps 53 bits of them, so what is compared for equality travels as text.
import { createHash } from 'node:crypto';

export type Script = { lua: string; sha: string };

/** What every script but `open` begins with. */
export const begin = `
local function chunks(list, call)
  for from = 1, #list, 1000 do
    call(unpack(list, from, math.min(from + 999, #list)))
  end
end
local meta = redis.call('HMGET', KEYS[1], 'set', 'head')
if meta[1] ~= ARGV[1] then return false end
local head = meta[2] or ''
`;

/**
 * What a connection begins with. Gives the data set's id and what the server says of itself; an empty Redis is given
 * an id, and so is one whose meta is a key of another type where that shall be replaced, else it is an error. KEYS meta;
 * ARGV id to give, 1 where it shall.
 */
export const openScript = script(`
local set = redis.pcall('HGET', KEYS[1], 'set')
if type(set) == 'table' and set.err then
  if ARGV[2] ~= '1' or not string.find(set.err, 'WRONGTYPE', 1, true) then return set end
  redis.call('UNLINK', KEYS[1])
  set = false
end
if not set then
  redis.call('HSET', KEYS[1], 'set', ARGV[1])
  set = ARGV[1]
end
return {set, redis.call('INFO', 'server', 'memory', 'replication')}
`);

/**
 * Reads of one head. KEYS meta, others; ARGV set, then for each command how many of its arguments follow the key,
 * its name, the number of its key, the arguments. Gives head, then an answer for each.
 */
export const readScript = script(`${begin}
local reply = {head}
local at = 2
while at <= #ARGV do
  local last = at + 2 + tonumber(ARGV[at])
  reply[#reply + 1] = redis.call(ARGV[at + 1], KEYS[tonumber(ARGV[at + 2])], unpack(ARGV, at + 3, last))
  at = last + 1
end
return reply
`);

/**
 * Moves the head and writes what goes with it, if the head is the one that the writes were computed against. KEYS
 * meta, outcomes, decided, others; ARGV set, head before, head after, time before which outcomes are forgotten, how
 * many are kept, how many may be forgotten now, milliseconds after which they go in any case, channel, then commands
 * as \`readScript\` takes them. Gives the head that stands.
 */
export const applyScript = script(`${begin}
if head ~= ARGV[2] then return {head} end
local at = 9
while at <= #ARGV do
  local last = at + 2 + tonumber(ARGV[at])
  redis.call(ARGV[at + 1], KEYS[tonumber(ARGV[at + 2])], unpack(ARGV, at + 3, last))
  at = last + 1
end
for _ = 1, tonumber(ARGV[6]) do
  local time, id = string.match(redis.call('LINDEX', KEYS[3], 0) or '', '^(%S+) (.*)$')
  if not time then break end
  local tooMany = redis.call('LLEN', KEYS[3]) > tonumber(ARGV[5])
  if not tooMany and tonumber(time) >= tonumber(ARGV[4]) then break end
  redis.call('LPOP', KEYS[3])
  -- An id that was decided again has its later outcome there.
  local kept = redis.call('HGET', KEYS[2], id)
  if kept and string.match(kept, '^%S+') == time then redis.call('HDEL', KEYS[2], id) end
end
redis.call('PEXPIRE', KEYS[2], ARGV[7])
redis.call('PEXPIRE', KEYS[3], ARGV[7])
redis.call('HSET', KEYS[1], 'head', ARGV[3])
redis.call('PUBLISH', ARGV[8], 'step')
return {ARGV[3]}
`);

/**
 * Begins a data set anew. What the old one held is left to \`sweepScript\`: nobody asks for its keys any more. KEYS
 * meta, outcomes, decided; ARGV set, id of the new one.
 */
export const clearScript = script(`${begin}
redis.call('HSET', KEYS[1], 'set', ARGV[2])
redis.call('HDEL', KEYS[1], 'head')
redis.call('UNLINK', KEYS[2], KEYS[3])
return {''}
`);

/**
 * Puts the data set of an index that was made anew in the place of the one that stands, if both are where they were
 * seen. KEYS meta, the other's meta, outcomes and decided; ARGV set, head, the other's set and head, channel.
 * Gives the head that stands, and 1 where it is the other's.
 */
export const replaceScript = script(`${begin}
if ARGV[1] == ARGV[3] then return {head, 1} end -- it was asked twice
if head ~= ARGV[2] then return {head, 0} end
local other = redis.call('HMGET', KEYS[2], 'set', 'head')
if other[1] ~= ARGV[3] or other[2] ~= ARGV[4] then return {head, 0} end
redis.call('HSET', KEYS[1], 'set', ARGV[3], 'head', ARGV[4])
redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4])
redis.call('PUBLISH', ARGV[5], 'step')
return {ARGV[4], 1}
`);

/** Forgets data sets that were begun and are not gone on with. KEYS meta, those that name them; ARGV set. */
export const forgetScript = script(`${begin}
redis.call('UNLINK', unpack(KEYS, 2))
return {head}
`);

/**
 * Removes keys of data sets that are no more, a stretch of the keyspace at a time. KEYS meta, every other one that
 * names a data set; ARGV set, cursor, what keys of this registry begin with. Gives head, next cursor (0: done).
 */
export const sweepScript = script(`${begin}
local found = redis.call('SCAN', ARGV[2], 'MATCH', ARGV[3] .. '*:*', 'COUNT', 1000)
local kept = {}
for _, key in ipairs(KEYS) do
  local set = redis.call('HGET', key, 'set')
  if set then kept[set] = true end
end
local old = {}
for _, key in ipairs(found[2]) do
  if not kept[string.match(string.sub(key, #ARGV[3] + 1), '^[^:]*')] then old[#old + 1] = key end
end
chunks(old, function(...) redis.call('UNLINK', ...) end)
return {head, found[1]}
`);

/** Drops items that were queued before a time. KEYS 2 to 4: queue, ages, items. */
const dropVoid = `
local function dropVoid(before)
  chunks(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '(' .. before), function(...)
    redis.call('ZREM', KEYS[2], ...)
    redis.call('ZREM', KEYS[3], ...)
    redis.call('HDEL', KEYS[4], ...)
  end)
end
`;

/**
 * KEYS meta, queue, ages, items, outcomes; ARGV set, time before which items are void, now, id, item, how many the
 * queue takes, channel. Gives head, 1; head, 0 when the queue is full.
 */
export const enqueueScript = script(`${begin}${dropVoid}
dropVoid(ARGV[2])
if redis.call('HEXISTS', KEYS[4], ARGV[4]) == 1 or redis.call('HEXISTS', KEYS[5], ARGV[4]) == 1 then
  return {head, 1}
end
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[6]) then return {head, 0} end
local last = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')[2] or 0
redis.call('HSET', KEYS[4], ARGV[4], ARGV[5])
redis.call('ZADD', KEYS[2], last + 1, ARGV[4])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[4])
redis.call('PUBLISH', ARGV[7], 'item')
return {head, 1}
`);

/** KEYS meta, queue, ages, items; ARGV set, time before which items are void, items, bytes. Gives head, items. */
export const peekScript = script(`${begin}${dropVoid}
dropVoid(ARGV[2])
local itemsMax = math.max(1, tonumber(ARGV[3]))
local bytesLeft = tonumber(ARGV[4])
local taken = {}
while #taken < itemsMax do
  local id = redis.call('ZRANGE', KEYS[2], #taken, #taken)[1]
  if not id then break end
  bytesLeft = bytesLeft - redis.call('HSTRLEN', KEYS[4], id)
  if #taken > 0 and bytesLeft < 0 then break end
  taken[#taken + 1] = redis.call('HGET', KEYS[4], id)
end
return {head, taken}
`);

/**
 * What those who wait ask. KEYS meta, ages, outcomes; ARGV set, time before which items are void, ids. Gives head,
 * how many items wait, for each id nil or a time, a space and the outcome.
 */
export const lookScript = script(`${begin}
local reply = {head, redis.call('ZCOUNT', KEYS[2], ARGV[2], '+inf')}
for at = 3, #ARGV do reply[at] = redis.call('HGET', KEYS[3], ARGV[at]) end
return reply
`);

/**
 * The lease ends by the clocks of those who ask. Where these disagree it ends by that of Redis, \`ARGV[5]\` after it
 * was taken, so that a replica with a wrong clock does not hold it for ever. KEYS meta, lease; ARGV set, now, owner,
 * until, milliseconds to keep it. Gives head, whether it is the owner's, the server's run id.
 */
export const leaseScript = script(`${begin}
local runId = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local held = redis.call('GET', KEYS[2])
if held then
  local till, owner = string.match(held, '^(%d+) (.*)$')
  if owner ~= ARGV[3] and tonumber(till) > tonumber(ARGV[2]) then return {head, 0, runId} end
end
redis.call('SET', KEYS[2], ARGV[4] .. ' ' .. ARGV[3], 'PX', ARGV[5])
return {head, 1, runId}
`);

/** KEYS meta, lease; ARGV set, owner. */
export const releaseScript = script(`${begin}
local held = redis.call('GET', KEYS[2])
if held and string.match(held, '^%d+ (.*)$') == ARGV[2] then redis.call('DEL', KEYS[2]) end
return {head}
`);

/**
 * A page of packages. KEYS meta, names; ARGV set, from, to (both as ZRANGEBYLEX takes them), limit, where the
 * counted range begins, what keys of packages begin with. Gives head, count, names, a hash for each.
 */
export const packagesScript = script(`${begin}
local names = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
local hashes = {}
for at, name in ipairs(names) do hashes[at] = redis.call('HGETALL', ARGV[6] .. name) end
return {head, redis.call('ZLEXCOUNT', KEYS[2], ARGV[5], ARGV[3]), names, hashes}
`);

/**
 * A page of those that depend on a package. KEYS meta, names; ARGV set, from as ZRANGEBYLEX takes it, limit, what
 * keys of packages begin with, field that holds what one says of that package. Gives head, names, a field for each.
 */
export const dependentsScript = script(`${begin}
local names = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[2], '+', 'LIMIT', 0, ARGV[3])
local edges = {}
for at, name in ipairs(names) do edges[at] = redis.call('HGET', ARGV[4] .. name, ARGV[5]) end
return {head, names, edges}
`);

/**
 * A page of the feed. A row is \`e\` and the entry, or says where it lies: its place among the entries of a field, the
 * package's name, NUL, the field; the field begins with the count of its entries and three bytes for the length of
 * each. KEYS meta, feed; ARGV set, first number, limit, what keys of packages begin with. Gives head, entries, each of
 * those that lie elsewhere behind its package's name.
 */
export const feedScript = script(`${begin}
local function length(value, place)
  local high, middle, low = string.byte(value, 2 + 3 * place, 4 + 3 * place)
  return 65536 * high + 256 * middle + low
end
local function entryAt(place, name, field)
  local value = redis.call('HGET', ARGV[4] .. name, field)
  if not value then return false end
  local from = 2 + 3 * string.byte(value)
  for before = 0, place - 1 do from = from + length(value, before) end
  return string.sub(value, from, from + length(value, place) - 1)
end
local entries = {}
for at, row in ipairs(redis.call('XRANGE', KEYS[2], ARGV[2], '+', 'COUNT', ARGV[3])) do
  local kind, rest = string.match(row[2][2], '^(.)(.*)$')
  if kind == 'e' then
    entries[at] = rest
  else
    local name, field = string.match(rest, '^(%Z*)%z(.*)$')
    entries[at] = {name, entryAt(tonumber(kind), name, field)}
  end
end
return {head, entries}
`);

/** A script with the hash under which a server knows it. */
export function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}
