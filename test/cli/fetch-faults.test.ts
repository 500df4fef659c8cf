import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { manifestOf } from '../../src/archive/archive-manifest.ts';
import { packFolder } from '../../src/archive/pack.ts';
import { sha256 } from '../../src/core/digest.ts';
import { mediaTypes } from '../../src/core/media-types.ts';
import { parseBundle } from '../../src/signing/bundle.ts';
import { generateKey, type SecretKey } from '../../src/signing/keys.ts';
import { formatSignerKey } from '../../src/signing/signer-key.ts';
import { signVersion } from '../../src/signing/version-signature.ts';
import {
  type Answerer,
  type FakeRegistry,
  json,
  problem,
  startFakeRegistry,
} from '../client/fake-registry.ts';
import { type CliHome, makeCliHome } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

/** What a registry says of demo@0.1.0, each part to be spoiled by a test. */
type Story = {
  record: Record<string, unknown>;
  signatures: Record<string, unknown>[];
  archive: Uint8Array;
  download?: Answerer;
};
type Context = { cli: CliHome; fake: FakeRegistry; story: Story; other: Story; key: SecretKey };

const test = suite<Context>('cli fetch faults');

test.before(async (context) => {
  context.cli = await makeCliHome();
  context.fake = await startFakeRegistry();
  context.key = generateKey();
  context.story = await storyOf(context.cli, 'demo', context.key);
  context.other = await storyOf(context.cli, 'other', context.key);
});
test.after(async ({ cli, fake }) => {
  await Promise.all([cli.remove(), fake.close()]);
});

async function storyOf(cli: CliHome, name: string, key: SecretKey): Promise<Story> {
  await cli.run(['package', 'init', name]);
  const packed = await packFolder(join(cli.folder, name), {
    file: join(cli.folder, `${name}.tgz`),
  });
  const { digest } = manifestOf(packed);
  const bundle = parseBundle(signVersion(digest, key));
  return {
    record: {
      name,
      version: '0.1.0',
      digest,
      archive: {
        digest: packed.digest,
        bytes: packed.size,
        mediaType: mediaTypes.vitmod,
        fileName: '../../evil.sh',
      },
      publishedAt: '2026-01-01T00:00:00.000Z',
      yanked: false,
      signatures: [{ digest: bundle.digest, kid: key.kid }],
      document: packed.document,
    },
    signatures: [
      {
        digest: bundle.digest,
        kid: key.kid,
        key: formatSignerKey(key),
        bundle: JSON.parse(Buffer.from(bundle.bytes).toString()),
      },
    ],
    archive: await readFile(packed.file),
  };
}

function tell(fake: FakeRegistry, story: Story) {
  fake.answer((response, request) => {
    const { record, signatures, archive } = story;
    if (request.path.endsWith('/download')) {
      if (story.download) return story.download(response, request);
      return void response.writeHead(200, { 'content-length': archive.length }).end(archive);
    }
    if (request.path.endsWith('/signatures')) {
      return json({ ...record, signatures })(response, request);
    }
    return json(record)(response, request);
  });
}

test('the true story is fetched, under a name that the registry has no say in', async ({
  cli,
  fake,
  story,
  key,
}) => {
  tell(fake, story);
  const { code, stdout, stderr } = await fetch(cli, fake);
  assert.is(code, 0, stderr);
  assert.is(stdout, `fetched demo@0.1.0 demo-0.1.0.vitmod\nsigned ${key.kid}\n`);
  assert.ok((await readFile(join(cli.folder, 'demo-0.1.0.vitmod'))).equals(story.archive));
});

const spoiled: [string, (story: Story, other: Story) => Story, code: number, error: string][] = [
  [
    'another archive of the same length',
    (story) => ({ ...story, archive: Buffer.alloc(story.archive.length, 7) }),
    6,
    'PKG_E_INTEGRITY',
  ],
  [
    'an archive cut short',
    (story) => ({ ...story, archive: story.archive.subarray(0, 100) }),
    6,
    'PKG_E_INTEGRITY',
  ],
  [
    'another package, all of its digests in order',
    (story, other) => ({
      ...story,
      archive: other.archive,
      record: { ...story.record, archive: other.record.archive },
    }),
    6,
    'PKG_E_INTEGRITY',
  ],
  [
    'bytes that are no archive, their digest in order',
    (story) => withArchive(story, Buffer.from('no archive')),
    6,
    'PKG_E_INTEGRITY',
  ],
  [
    'a manifest digest that the archive does not make',
    (story) => ({ ...story, record: { ...story.record, digest: sha256('other') } }),
    6,
    'PKG_E_INTEGRITY',
  ],
  [
    'a signature over another version',
    (story, other) => ({ ...story, signatures: other.signatures }),
    6,
    'PKG_E_INTEGRITY',
  ],
  [
    'a signature said to be by another key',
    (story) => withSignature(story, { key: formatSignerKey(generateKey()) }),
    6,
    'PKG_E_INTEGRITY',
  ],
  [
    'a signature under another name',
    (story) => withSignature(story, { kid: '0'.repeat(32) }),
    6,
    'PKG_E_INTEGRITY',
  ],
  [
    'a signature that is none',
    (story) => withSignature(story, { bundle: {} }),
    6,
    'PKG_E_INTEGRITY',
  ],
  [
    'an archive of a type that nobody knows',
    (story) => ({
      ...story,
      record: { ...story.record, archive: { ...archiveOf(story), mediaType: 'text/plain' } },
    }),
    5,
    'PKG_E_REGISTRY_ANSWER',
  ],
  [
    'damage that the registry reports',
    (story) => ({ ...story, download: problem(502, 'PKG_E_INTEGRITY') }),
    6,
    'PKG_E_INTEGRITY',
  ],
  [
    'a download that is not allowed',
    (story) => ({ ...story, download: problem(403, 'PKG_E_FORBIDDEN') }),
    4,
    'PKG_E_FORBIDDEN',
  ],
];

for (const [title, spoil, expected, error] of spoiled) {
  test(`${title} is exit ${expected}, and the file that was there stays`, async (context) => {
    const { cli, fake, story, other } = context;
    tell(fake, spoil(story, other));
    const target = join(cli.folder, 'kept');
    await writeFile(target, 'old');
    const before = await readdir(cli.folder);
    const { code, stdout, stderr } = await fetch(cli, fake, '-o', 'kept', '--bundle');
    assert.is(code, expected, stderr);
    assert.is(stdout, '');
    assert.ok(stderr.startsWith(`error[${error}] registry: `), stderr);
    assert.is(await readFile(target, 'utf8'), 'old');
    assert.equal(await readdir(cli.folder), before);
  });
}

test('an archive of another package is called by its name', async (context) => {
  const { cli, fake, story, other } = context;
  const record = { ...story.record, archive: other.record.archive };
  tell(fake, { ...story, archive: other.archive, record });
  const { stderr } = await fetch(cli, fake, '-o', 'x');
  assert.match(stderr, 'the archive of demo@0.1.0 says that it is other@0.1.0');
});

test('nothing of an archive that does not verify reaches standard output', async (context) => {
  const { cli, fake, story, other } = context;
  tell(fake, { ...story, signatures: other.signatures });
  const { code, bytes } = await fetch(cli, fake, '-o', '-');
  assert.equal([code, bytes.length], [6, 0]);
});

test('package verify gives the answer no for what fetch calls broken', async (context) => {
  const { cli, fake, story, other } = context;
  tell(fake, { ...story, signatures: other.signatures });
  const { code, stderr } = await cli.run([
    'package',
    'verify',
    'demo@0.1.0',
    '--registry',
    fake.url,
  ]);
  assert.is(code, 1);
  assert.ok(stderr.startsWith('error[PKG_E_INTEGRITY] package: '), stderr);
});

test('a yanked version is fetched with a warning, and a signature of unknown key left out', async ({
  cli,
  fake,
  story,
}) => {
  const unknown = withSignature(story, { key: null });
  tell(fake, { ...unknown, record: { ...story.record, yanked: true } });
  const { code, stdout, stderr } = await fetch(cli, fake, '-o', 'yanked.vitmod');
  assert.is(code, 0);
  assert.match(stdout, '\nunsigned\n');
  assert.match(stderr, 'demo@0.1.0 is yanked');
  assert.match(stderr, 'was not checked');
});

test('Ctrl-C in the middle of a download is exit 130 and leaves nothing', async ({
  cli,
  fake,
  story,
}) => {
  const before = await readdir(cli.folder);
  for (const [signal, expected] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const started = Promise.withResolvers<void>();
    tell(fake, {
      ...story,
      download(response) {
        response.writeHead(200, { 'content-length': story.archive.length });
        response.write(story.archive.subarray(0, 100), () => started.resolve());
      },
    });
    const child = cli.start(['registry', 'fetch', 'demo@0.1.0', '-o', 'x', '--registry', fake.url]);
    const ended = new Promise((done) => child.on('close', done));
    await started.promise;
    child.kill(signal);
    assert.is(await ended, expected);
    assert.equal(await readdir(cli.folder), before);
  }
});

function fetch(cli: CliHome, fake: FakeRegistry, ...args: string[]) {
  return cli.run(['registry', 'fetch', 'demo@0.1.0', '--registry', fake.url, ...args]);
}

function archiveOf({ record }: Story) {
  return record.archive as Record<string, unknown>;
}

function withArchive(story: Story, archive: Uint8Array): Story {
  const facts = { ...archiveOf(story), digest: sha256(archive), bytes: archive.length };
  return { ...story, archive, record: { ...story.record, archive: facts } };
}

function withSignature(story: Story, change: Record<string, unknown>): Story {
  return { ...story, signatures: story.signatures.map((row) => ({ ...row, ...change })) };
}

test.run();
