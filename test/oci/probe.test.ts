import * as assert from 'uvu/assert';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { Check, CheckName, Finding } from '../../src/oci/probe/check.ts';
import { type ProbeOptions, type ProbeReport, probeStorage } from '../../src/oci/probe/probe.ts';
import { watchWire } from '../../src/oci/probe/wire.ts';
import { openRemoteRegistry, type RemoteRegistryOptions } from '../../src/oci/remote/registry.ts';
import { listAll, rejectsWith } from '../contract/oci-support.ts';
import type { Quirk } from '../support/foreign-quirks.ts';
import {
  type ForeignOptions,
  type ForeignRegistry,
  fail,
  startForeignRegistry,
} from '../support/foreign-registry.ts';
import { suite } from '../support/suite.ts';

const test = suite('the probe of a storage');

const repository = 'vitte-registry/doctor';
const common = { repository, profiles: [1, 2], limits: { tags: 10, concurrency: 4 } } as const;
type Found = Partial<Record<CheckName, Finding['finding']>>;

/** What a registry has against which everything works, with nothing special. */
const sound: Found = {
  reach: 'reached',
  auth: 'no-credentials',
  push: 'pushed',
  chunks: 'one-piece',
  read: 'ranges',
  referrers: 'referrers-api',
  overwrite: 'overwritten',
  'new-tags': 'read-back',
  'overwritten-tags': 'read-back',
  tags: 'listed',
  delete: 'deletes',
};

test('a registry that has everything is sound, and holds nothing of the probe afterwards', () =>
  withForeign({ referrers: true }, async (foreign, probe) => {
    const { checks, leftovers } = await probe();
    assert.equal(foundIn(checks), sound);
    assert.equal(new Set(checks.map(({ status }) => status)), new Set(['ok']));
    assert.is(leftovers, undefined);
    assertClean(foreign);
    assert.ok(foreign.requests.length > 50);
    const repositories = foreign
      .targets()
      .map((target) => /\/v2\/(.+?)\/(?:blobs|manifests|tags|referrers)\//.exec(target)?.[1]);
    assert.equal(new Set(repositories), new Set([`p/${repository}`]));
  }));

const quirky: [Quirk[], ForeignOptions, Found, Check['status']][] = [
  [['referrers-redirect'], {}, { referrers: 'fallback-tag' }, 'slower'],
  [['subject-without-api'], {}, { referrers: 'fallback-tag' }, 'slower'],
  [['chunk-max-4mib'], { referrers: true }, { chunks: 'pieces' }, 'slower'],
  [['types-allow-listed'], { referrers: true }, { push: 'known-types-only' }, 'missing'],
  [['delete-405'], { referrers: true }, { delete: 'delete-refused' }, 'missing'],
  [
    ['immutable-tags'],
    { referrers: true },
    { overwrite: 'error', 'overwritten-tags': 'not-tried' },
    'failed',
  ],
  [['token-403-before-push'], { referrers: true, access: 'bearer' }, { auth: 'token' }, 'ok'],
  [[], { referrers: true, access: 'basic' }, { auth: 'credentials' }, 'ok'],
];

for (const [quirks, options, found, status] of quirky) {
  const [first = '', finding = ''] = Object.entries(found)[0] ?? [];
  test(`${quirks.join(', ') || options.access}: ${first} is ${finding}, and all else as it should be`, () =>
    withForeign({ ...options, quirks }, async (foreign, probe) => {
      const { checks } = await probe();
      const auth = options.access === 'bearer' ? 'token' : 'credentials';
      const expected = { ...sound, ...(options.access ? { auth } : {}), ...found };
      assert.equal(foundIn(checks), expected);
      assert.is(checks.find(({ check }) => check === first)?.status, status);
      if (!quirks.includes('delete-405')) assertClean(foreign);
    }));
}

test('without deletion it tells what is left, and asks for no more of it than once', () =>
  withForeign({ referrers: true, quirks: ['delete-405'] }, async (foreign, probe) => {
    const { checks, leftovers } = await probe();
    assert.is(checks.find(({ check }) => check === 'delete')?.error?.code, 'PKG_E_STORAGE_ANSWER');
    const { manifests, blobs } = foreign;
    const [digests, tags] = [[...manifests.keys()], [...manifests.keys()]].map((keys, at) =>
      keys.filter((key) => key.includes(' sha256:') === (at === 0)),
    );
    assert.is(leftovers?.tags.length, tags?.length);
    assert.is(leftovers?.manifests, digests?.length);
    assert.is(leftovers?.blobs, blobs.size);
    assert.is(leftovers?.repository, repository);
    assert.ok(leftovers?.tags.every((tag) => tag.startsWith('_doctor-')));
    assert.is(foreign.requests.filter(({ method }) => method === 'DELETE').length, 3);
  }));

test('a refused push is told, and what depends on it is not tried', () =>
  withForeign({ referrers: true }, async (foreign, probe) => {
    foreign.hook(({ method }, response) => method === 'POST' && fail(response, 405, 'UNSUPPORTED'));
    const { checks } = await probe();
    const tried = checks.filter(({ status }) => status !== 'skipped');
    assert.equal(foundIn(tried), { reach: 'reached', auth: 'no-credentials', push: 'error' });
    const push = checks.find(({ check }) => check === 'push');
    assert.is(push?.status, 'failed');
    assert.match(push?.error?.message ?? '', '405 UNSUPPORTED');
  }));

test('a registry that makes no repository by itself is told with the name of the one that is missing', () =>
  withForeign({ referrers: true, quirks: ['no-create-on-push'] }, async (_foreign, probe) => {
    const push = (await probe()).checks.find(({ check }) => check === 'push');
    assert.is(push?.status, 'failed');
    assert.is(push?.finding === 'no-repository' && push.repository, `p/${repository}`);
  }));

test('refused credentials are not a refused push', () =>
  withForeign({ referrers: true, access: 'basic' }, async (_foreign, probe) => {
    const wrong = async () => ({ username: 'me', password: 'wrong' });
    const { checks } = await probe({}, { credentials: wrong });
    assert.equal(foundIn(checks.filter(({ status }) => status === 'failed')), { auth: 'denied' });
    assert.equal(foundIn(checks).push, 'not-tried');
  }));

test('tags that are read back late are counted, new ones and overwritten ones', async () => {
  await withForeign({ referrers: true }, async (foreign, probe) => {
    const asked = new Set<string>();
    foreign.hook(({ method, path }, response) => {
      if (method !== 'HEAD' || !/-[37]$/.test(path) || asked.has(path)) return false;
      asked.add(path);
      response.writeHead(404).end();
      return true;
    });
    const { checks } = await probe();
    const found = checks.find(({ check }) => check === 'new-tags');
    assert.equal(found, {
      check: 'new-tags',
      status: 'failed',
      finding: 'stale',
      count: 10,
      stale: 2,
    });
    assert.is(foundIn(checks)['overwritten-tags'], 'not-tried');
    assertClean(foreign);
  });
  await withForeign({ referrers: true }, async (foreign, probe) => {
    const before = new Map<string, { mediaType: string; bytes: Buffer }>();
    foreign.hook(({ method, path }, response) => {
      const [, name, tag] = /^\/v2\/(.+)\/manifests\/(_doctor-[0-9a-f]+-[3-5])$/.exec(path) ?? [];
      const stored = foreign.manifests.get(`${name} ${tag}`);
      if (tag === undefined || !stored) return false;
      const first = before.get(tag) ?? stored;
      before.set(tag, first);
      if (method !== 'HEAD') return false;
      response.writeHead(200, {
        'content-type': first.mediaType,
        'content-length': first.bytes.length,
      });
      response.end();
      return true;
    });
    // Without a digest in the head the client reads the manifest: that is stale here too.
    foreign.hook(({ method, path }, response) => {
      const [, tag] = /\/manifests\/(_doctor-[0-9a-f]+-[3-5])$/.exec(path) ?? [];
      const first = before.get(tag ?? '');
      if (method !== 'GET' || !first) return false;
      response.writeHead(200, { 'content-type': first.mediaType });
      response.end(first.bytes);
      return true;
    });
    const { checks } = await probe();
    const found = checks.find(({ check }) => check === 'overwritten-tags');
    assert.equal(
      [found?.status, found],
      [
        'failed',
        { check: 'overwritten-tags', status: 'failed', finding: 'stale', count: 10, stale: 3 },
      ],
    );
  });
});

test('a list that leaves tags out is told', () =>
  withForeign({ referrers: true }, async (foreign, probe) => {
    foreign.hook(({ path }, response) => {
      if (!path.endsWith('/tags/list')) return false;
      const tags = [...foreign.manifests.keys()].flatMap(
        (key) => /(_doctor-.*-[1-6])$/.exec(key)?.[1] ?? [],
      );
      const body = JSON.stringify({ name: 'x', tags });
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
      return true;
    });
    const { checks } = await probe();
    const found = checks.find(({ check }) => check === 'tags');
    assert.equal(found, {
      check: 'tags',
      status: 'failed',
      finding: 'not-listed',
      count: 10,
      lost: 4,
    });
  }));

test('referrers that are not listed are missing, though the API answers', () =>
  withForeign({ referrers: true }, async (foreign, probe) => {
    foreign.hook(({ path }, response) => {
      if (!path.includes('/referrers/')) return false;
      const type = 'application/vnd.oci.image.index.v1+json';
      const body = JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [] });
      response.writeHead(200, { 'content-type': type }).end(body);
      return true;
    });
    const found = (await probe()).checks.find(({ check }) => check === 'referrers');
    assert.equal(found, { check: 'referrers', status: 'missing', finding: 'referrer-lost' });
  }));

test('a registry without ranges makes downloads begin anew, and one that redirects is named', () =>
  withForeign({ referrers: true }, async (foreign, probe) => {
    foreign.hook(({ method, path, headers }, response) => {
      const [, key = '', digest = ''] = /^\/v2\/(.+)\/blobs\/(sha256:.+)$/.exec(path) ?? [];
      const bytes = foreign.blobs.get(`${key} ${digest}`);
      if (method !== 'GET' || !bytes || headers.range === undefined) return false;
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
      return true;
    });
    foreign.hook(({ method, path, query }, response) => {
      if (method !== 'GET' || !path.includes('/blobs/sha256:') || query.has('elsewhere'))
        return false;
      const host = foreign.host.replace('127.0.0.1', 'localhost');
      response.writeHead(307, { location: `http://${host}${path}?elsewhere=1` }).end();
      return true;
    });
    const { checks } = await probe();
    const read = checks.find(({ check }) => check === 'read');
    assert.is(read?.status, 'missing');
    assert.is(read?.finding, 'no-ranges');
    assert.is(
      read && 'redirect' in read && read.redirect,
      foreign.host.replace('127.0.0.1', 'localhost'),
    );
  }));

test('who answers nothing, or nonsense, is not probed any further', async () => {
  const registry = openRemoteRegistry({
    url: 'oci+http://127.0.0.1:1/p',
    limits: { triesMax: 1 },
  });
  const options = { ...common, registry, other: registry };
  await rejectsWith('PKG_E_STORAGE_UNAVAILABLE', probeStorage(options));
  await registry.close();
});

test('an interrupted probe ends soon, and deletes what it made', () =>
  withForeign({ referrers: true }, async (foreign, probe) => {
    const ending = new AbortController();
    foreign.hook(({ method, path }) => {
      if (method === 'PUT' && path.endsWith('-5')) ending.abort(new Error('enough'));
      return false;
    });
    const { checks, leftovers } = await probe({ signal: ending.signal });
    assert.is(foundIn(checks)['new-tags'], 'late');
    assert.is(foundIn(checks).delete, 'late');
    assert.is(leftovers, undefined);
    assertClean(foreign);
  }));

test('a probe that takes too long ends, and deletes what it made', () =>
  withForeign({ referrers: true }, async (foreign, probe) => {
    foreign.hook(async ({ method, path }) => {
      if (method === 'PUT' && path.endsWith('-moved')) await new Promise(() => {});
      return false;
    });
    const limits = { ...common.limits, timeoutMs: 1500, writeGraceMs: 50 };
    const { checks } = await probe({ limits });
    const overwrite = checks.find(({ check }) => check === 'overwrite');
    assert.equal(overwrite, { check: 'overwrite', status: 'failed', finding: 'late' });
    assertClean(foreign);
  }));

test('a storage without a wire is probed too', async () => {
  const registry = createMemoryStore();
  const { checks, leftovers } = await probeStorage({ ...common, registry, other: registry });
  assert.equal(foundIn(checks), { ...sound, reach: 'folder', auth: 'folder' });
  assert.is(leftovers, undefined);
  assert.equal(await listAll(registry.repository(repository).tags()), []);
});

async function withForeign(
  foreignOptions: ForeignOptions,
  work: (
    foreign: ForeignRegistry,
    probe: (
      options?: Partial<ProbeOptions>,
      remote?: Partial<RemoteRegistryOptions>,
    ) => Promise<ProbeReport>,
  ) => Promise<void>,
): Promise<void> {
  const foreign = await startForeignRegistry(foreignOptions);
  const wire = watchWire();
  const credentials = async () => ({ username: 'me', password: 'secret' });
  try {
    await work(foreign, async (options, remote) => {
      const open = () =>
        openRemoteRegistry({
          url: foreign.url,
          credentials,
          limits: { triesMax: 2, retryBaseMs: 1 },
          ...remote,
        });
      const [registry, other] = [open(), open()];
      try {
        return await probeStorage({ ...common, registry, other, wire, ...options });
      } finally {
        await Promise.all([registry.close(), other.close()]);
      }
    });
  } finally {
    wire.close();
    await foreign.close();
  }
}

function foundIn(checks: readonly Check[]): Found {
  return Object.fromEntries(checks.map(({ check, finding }) => [check, finding]));
}

function assertClean({ blobs, manifests, sessions }: ForeignRegistry) {
  assert.equal([...blobs.keys()], []);
  assert.equal([...manifests.keys()], []);
  assert.equal([...sessions.keys()], []);
}

test.run();
