import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import { isVitteError } from '../../../src/core/errors.ts';
import { parseRedisUrl, redisPlace } from '../../../src/index/redis/url.ts';
import { suite } from '../../support/suite.ts';

const test = suite('the URL of Redis');

const plain = {
  form: 'single',
  tls: false,
  username: undefined,
  password: undefined,
  db: 0,
  master: undefined,
  sentinelUsername: undefined,
  sentinelPassword: undefined,
};
const node = (host: string, port: number) => ({ host, port });

test('Each form is read, with the ports that are usual for it', () => {
  const rows: [url: string, expected: object][] = [
    ['redis://localhost', { nodes: [node('localhost', 6379)] }],
    ['redis://localhost/', { nodes: [node('localhost', 6379)] }],
    ['redis://10.0.0.1:7000/3', { nodes: [node('10.0.0.1', 7000)], db: 3 }],
    ['redis://[::1]:7000', { nodes: [node('::1', 7000)] }],
    ['redis://:p%40ss%3A%2F@h', { nodes: [node('h', 6379)], password: 'p@ss:/' }],
    ['redis://me:a:b@h', { nodes: [node('h', 6379)], username: 'me', password: 'a:b' }],
    [
      'rediss://me:x@redis.example.org',
      { tls: true, nodes: [node('redis.example.org', 6379)], username: 'me', password: 'x' },
    ],
    [
      'redis+sentinel://a,b:1/main',
      { form: 'sentinel', nodes: [node('a', 26379), node('b', 1)], master: 'main' },
    ],
    [
      'redis+sentinel://:x@a/my%20main/4?sentinel-password=y%26&sentinel-username=z',
      {
        form: 'sentinel',
        nodes: [node('a', 26379)],
        password: 'x',
        master: 'my main',
        db: 4,
        sentinelUsername: 'z',
        sentinelPassword: 'y&',
      },
    ],
    [
      'redis+cluster://a:1,b,[fe80::1]:2',
      { form: 'cluster', nodes: [node('a', 1), node('b', 6379), node('fe80::1', 2)] },
    ],
    ['rediss+cluster://a', { form: 'cluster', tls: true, nodes: [node('a', 6379)] }],
    [
      'rediss+sentinel://a/m',
      { form: 'sentinel', tls: true, nodes: [node('a', 26379)], master: 'm' },
    ],
  ];
  for (const [url, expected] of rows) {
    assert.equal(parseRedisUrl(url), { ...plain, ...expected }, url);
  }
});

test('Anything else is refused with PKG_E_CONFIG, and nothing of it is repeated', () => {
  const rows = [
    '',
    'redis',
    'redis:',
    'redis:/',
    'redis://',
    'redis:///3',
    'redis://@',
    'redis://:@h',
    'redis://user@h',
    'http://secret',
    'REDIS://secret',
    'redis+tls://secret',
    'toString://secret',
    ' redis://secret',
    'redis://secret ',
    'redis://h:0',
    'redis://h:65536',
    'redis://h:secret',
    'redis://h:1:secret',
    'redis://secret,h2',
    'redis://-secret',
    'redis://h/secret',
    'redis://h/-1',
    'redis://h/65536',
    'redis://h/1/secret',
    'redis://h//',
    'redis://h/01secret',
    'redis://h?db=secret',
    'redis://h?',
    'redis://h#secret',
    'redis://h/\n',
    'redis://h\0',
    'redis://hé',
    'redis://:secret@x@h',
    'redis://:sec/ret@h',
    'redis://:sec?ret@h',
    'redis://:sec#ret@h',
    'redis://:secret%zz@h',
    'redis://:secret%@h',
    'redis://[secret]',
    'redis://[::1',
    'redis://h..',
    'redis://secret:',
    'redis://user:secret',
    'redis+sentinel://h',
    'redis+sentinel://h/',
    'redis+sentinel://h/m/secret',
    'redis+sentinel://h/m/1/2',
    'redis+sentinel://h/m?secret',
    'redis+sentinel://h/m?sentinel-password=',
    'redis+sentinel://,/m',
    'redis+sentinel://h/m?sentinel-password=a&sentinel-password=b',
    'redis+sentinel://h/m?sentinel-password=a=b',
    'redis+cluster://h/0',
    'redis+cluster://h,',
    'redis+cluster://h?sentinel-password=secret',
    `redis+cluster://${Array.from({ length: 65 }, (_, k) => `h${k}`).join(',')}`,
    `redis://${'h'.repeat(254)}`,
    `redis://:${'secret'.repeat(1_000)}@h`,
  ];
  for (const url of rows) {
    try {
      parseRedisUrl(url);
      assert.unreachable(`${JSON.stringify(url)} was taken`);
    } catch (error) {
      assert.ok(isVitteError(error, 'PKG_E_CONFIG'), `${JSON.stringify(url)}: ${inspect(error)}`);
      assert.not.match(inspect(error).replaceAll(import.meta.dirname, ''), /sec[^t]?ret/, url);
    }
  }
});

test('Messages name the servers and neither user nor password', () => {
  const place = (url: string) => redisPlace(parseRedisUrl(url));
  assert.is(place('redis://me:secret@h/3'), 'Redis at h:6379');
  assert.is(
    place('redis+sentinel://:secret@a,[::1]:2/m?sentinel-password=x'),
    'Redis by the Sentinels a:26379, [::1]:2',
  );
  assert.is(place('redis+cluster://:secret@a,b'), 'Redis Cluster of a:6379, b:6379');
});

test.run();
