// Where Redis is: the URL of the `--index` setting. What is wrong with one is said without repeating any of it: a
// password with a character that was not encoded ends up in any part.
import { VitteError } from '../../core/errors.ts';

export type RedisNode = { host: string; port: number };

export type RedisSettings = {
  form: 'single' | 'sentinel' | 'cluster';
  tls: boolean;
  /** Of the server, the Sentinels, or some of the Cluster. */
  nodes: RedisNode[];
  username: string | undefined;
  password: string | undefined;
  /** Number of the database; 0 in a Cluster. */
  db: number;
  /** What the Sentinels call the master. */
  master: string | undefined;
  sentinelUsername: string | undefined;
  sentinelPassword: string | undefined;
};

const forms = {
  redis: { form: 'single', tls: false, port: 6379 },
  rediss: { form: 'single', tls: true, port: 6379 },
  'redis+sentinel': { form: 'sentinel', tls: false, port: 26379 },
  'rediss+sentinel': { form: 'sentinel', tls: true, port: 26379 },
  'redis+cluster': { form: 'cluster', tls: false, port: 6379 },
  'rediss+cluster': { form: 'cluster', tls: true, port: 6379 },
} as const;
type Scheme = keyof typeof forms;

const urlLengthMax = 4_096;
const nodesMax = 64;
const dbMax = 65_535;
const sentinelOptions = ['sentinel-username', 'sentinel-password'];

/**
 * Reads `redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]`; `redis+sentinel://[…@]HOST[:PORT][,…]/MASTER[/DB]` with
 * `sentinel-username` and `sentinel-password` as its query; `redis+cluster://[…@]HOST[:PORT][,…]`. `rediss` for
 * TLS. User, password and master are percent-decoded. Throws PKG_E_CONFIG.
 */
export function parseRedisUrl(url: string): RedisSettings {
  const [scheme = '', rest] = url.length > urlLengthMax ? [] : url.split('://', 2);
  if (rest === undefined || !isScheme(scheme) || url !== `${scheme}://${rest}`) {
    throw urlError(
      'does not begin with one of redis:// rediss:// redis+sentinel:// redis+cluster://',
    );
  }
  if (!/^[\x21-\x7e]*$/.test(rest) || rest.includes('#')) {
    throw urlError('holds a character that has to be percent-encoded');
  }
  const [, userInfo, hosts = '', path = '', query] =
    /^(?:([^@/?]*)@)?([^@/?]*)([^@?]*)(?:\?([^@]*))?$/.exec(rest) ?? [];
  if (hosts === '') {
    throw urlError(
      'has no host, or a user name or password that has to be percent-encoded (@ / ? #)',
    );
  }
  const { form, tls, port } = forms[scheme];
  return {
    form,
    tls,
    nodes: parseNodes(hosts, port, form === 'single' ? 1 : nodesMax),
    ...parseUser(userInfo),
    ...parsePath(form, path),
    ...parseQuery(form, query),
  };
}

/** The servers without user and password, for messages. */
export function redisPlace({ form, nodes }: RedisSettings): string {
  const places = nodes.map(
    ({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`,
  );
  const kind = {
    single: 'Redis at',
    sentinel: 'Redis by the Sentinels',
    cluster: 'Redis Cluster of',
  };
  return `${kind[form]} ${places.join(', ')}`;
}

function parseNodes(text: string, port: number, most: number): RedisNode[] {
  const parts = text.split(',');
  if (parts.length > most)
    throw urlError(`names more than ${most} ${most === 1 ? 'host' : 'hosts'}`);
  return parts.map((part) => {
    const found =
      /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z](?:[0-9A-Za-z._-]*[0-9A-Za-z])?))(?::(\d+))?$/.exec(
        part,
      );
    const host = found?.[1] ?? found?.[2];
    if (host === undefined || host.length > 253)
      throw urlError('has a host that is none, or a port that is no number');
    const number = Number(found?.[3] ?? port);
    if (number < 1 || number > 65_535) throw urlError('has a port that is not from 1 to 65535');
    return { host, port: number };
  });
}

function parseUser(text: string | undefined) {
  if (text === undefined) return { username: undefined, password: undefined };
  const colon = text.indexOf(':');
  if (colon < 0)
    throw urlError('has a user without a password: write :PASSWORD@ or USER:PASSWORD@');
  const username = decoded(text.slice(0, colon));
  const password = decoded(text.slice(colon + 1));
  if (password === '') throw urlError('has an empty password');
  return { username: username === '' ? undefined : username, password };
}

function parsePath(form: RedisSettings['form'], path: string) {
  const [, ...parts] = path.split('/');
  const last = parts.length > 0 && parts.at(-1) === '' ? parts.slice(0, -1) : parts;
  if (form === 'cluster') {
    if (last.length > 0) throw urlError('names a database: a Cluster has only one');
    return { db: 0, master: undefined };
  }
  const [first, second, ...more] = form === 'sentinel' ? last : [undefined, ...last];
  if (more.length > 0) throw urlError('has too many parts behind the host');
  if (form === 'sentinel' && !first)
    throw urlError('does not name the master: redis+sentinel://HOST/MASTER');
  const db = Number(/^\d{1,5}$/.test(second ?? '0') ? (second ?? '0') : Number.NaN);
  if (!(db <= dbMax)) throw urlError('has a database that is not a number from 0 to 65535');
  return { db, master: first === undefined ? undefined : decoded(first) };
}

function parseQuery(form: RedisSettings['form'], query: string | undefined) {
  const found = new Map<string, string>();
  for (const pair of query === undefined ? [] : query.split('&')) {
    const [name = '', value, more] = pair.split('=');
    const known = form === 'sentinel' && sentinelOptions.includes(name) && !found.has(name);
    if (!known || !value || more !== undefined) {
      const which =
        form === 'sentinel' ? ` but ${sentinelOptions.join('=… and ')}=…, once each` : '';
      throw urlError(`takes nothing behind a question mark${which}`);
    }
    found.set(name, decoded(value));
  }
  return {
    sentinelUsername: found.get('sentinel-username'),
    sentinelPassword: found.get('sentinel-password'),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw urlError('has a % that begins no percent-encoded character');
  }
}

function isScheme(text: string): text is Scheme {
  return Object.hasOwn(forms, text);
}

function urlError(why: string) {
  return new VitteError('PKG_E_CONFIG', `the URL of Redis ${why}`, {
    help: 'such as redis://HOST:6379, rediss://:PASSWORD@HOST, redis+sentinel://HOST,HOST/MASTER or redis+cluster://HOST,HOST',
  });
}
