import { VitteError } from '../../core/errors.ts';
import type { Reply } from './connection.ts';
import { unavailable } from './errors.ts';
import type { RedisSettings } from './url.ts';

/** What is known of the server that answers, and of the data set that it holds. */
export type Server = { set: string; runId: string; info: Map<string, string> };

const majorVersionMin = 7;

/** Reads the answer of `openScript`. */
export function serverOf([set, info]: Reply[]): Server {
  const rows = String(info)
    .split('\r\n')
    .map((line) => /^(\w+):(.*)$/.exec(line))
    .flatMap((found): [string, string][] => (found ? [[found[1]!, found[2]!]] : []));
  const members = new Map(rows);
  return { set: String(set), runId: members.get('run_id') ?? '', info: members };
}

/**
 * Refuses a server that would lose or mix up what it is given: PKG_E_CONFIG where it is set up so,
 * PKG_E_INDEX_UNAVAILABLE for a replica, which may be the master in a moment.
 */
export function checkServer({ info }: Server, form: RedisSettings['form'], place: string) {
  const version = info.get('redis_version') ?? 'of no version';
  // Before 7.0 a script is replicated by running it again, which one that asks the server who it is must not be.
  if (!(Number.parseInt(version, 10) >= majorVersionMin)) {
    throw unsuitable(`${place} is Redis ${version}`, 'Redis 7.0 or later is needed (or Valkey)');
  }
  const isCluster = info.get('redis_mode') === 'cluster';
  if (isCluster && form !== 'cluster') {
    throw unsuitable(`${place} belongs to a Cluster`, 'its URL begins with redis+cluster://');
  }
  const policy = info.get('maxmemory_policy') ?? '';
  if (info.get('maxmemory') !== '0' && policy.startsWith('allkeys-')) {
    throw unsuitable(
      `${place} drops any key when its memory is full (maxmemory-policy ${policy})`,
      'the index needs all of its keys: set maxmemory-policy to noeviction',
    );
  }
  if (info.get('role') !== 'master') throw unavailable(place, undefined, 'is a replica');
}

function unsuitable(message: string, help: string) {
  return new VitteError('PKG_E_CONFIG', message, { help });
}
