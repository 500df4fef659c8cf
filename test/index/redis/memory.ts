// How many bytes of Redis a version takes: `node test/index/redis/memory.ts [PACKAGES] [VERSIONS]`. Fills a Redis
// of its own with small packages and adds up MEMORY USAGE of every key, by kind of key, and what the whole server
// grew by. What a small package is: a description, a licence, two keywords, a README, one dependency, one signature.
import { createHash, randomUUID } from 'node:crypto';
import { sha256 } from '../../../src/core/digest.ts';
import type { PackageDocument } from '../../../src/core/document.ts';
import type { Entry, JournalHead } from '../../../src/core/journal-entry.ts';
import { canonicalCopy } from '../../../src/core/json.ts';
import type { PackageName } from '../../../src/core/name.ts';
import type { Requirement } from '../../../src/core/requirement.ts';
import type { Version } from '../../../src/core/version.ts';
import type { AppliedEntry } from '../../../src/index/port.ts';
import { openRedisIndex } from '../../../src/index/redis/redis-index.ts';
import { startRedis } from '../../support/redis.ts';

const [packages = 2_000, versions = 5] = process.argv.slice(2).map(Number);
const batchSize = 256;
const redis = await startRedis();
const index = await openRedisIndex({ url: redis.url });
await index.identity();
const emptyBytes = await usedBytes();

let n = 0;
let head: JournalHead | undefined;
let batch: AppliedEntry[] = [];
const started = performance.now();
for (let v = 0; v < versions; v += 1) {
  for (let p = 0; p < packages; p += 1) {
    const name = `team-${p % 50}/library-${p}` as PackageName;
    if (v === 0)
      await add({ event: 'package created', package: name, owner: 'admin', visibility: 'public' });
    await publish(name, `1.${v}.0` as Version, `team-${p % 20}/library-${p % 97}` as PackageName);
  }
}
await apply();
const seconds = (performance.now() - started) / 1000;
const grownBytes = (await usedBytes()) - emptyBytes;

const byKind = new Map<string, number>();
for await (const keys of redis.client.scanStream({ count: 1_000 })) {
  for (const key of keys as string[]) {
    const [, , kind = ''] = /^(\{.*?\}:3:)(.*)$/.exec(key) ?? [];
    const [set, part, name] = kind.split(':');
    const bytes = Number(await redis.client.memory('USAGE', key, 'SAMPLES', 0));
    const label = part === undefined ? set! : name === undefined ? part : `${part}:NAME`;
    byKind.set(label, (byKind.get(label) ?? 0) + bytes);
  }
}
const count = packages * versions;
const lasting = [...byKind].filter(
  ([kind]) => !['outcomes', 'decided', 'meta', 'lease'].includes(kind),
);
console.log(
  `${packages} packages × ${versions} versions, applied in ${seconds.toFixed(1)} s; bytes a version:`,
);
for (const [kind, bytes] of byKind)
  console.log(`  ${kind.padEnd(10)} ${(bytes / count).toFixed(1)}`);
const sum = lasting.reduce((total, [, bytes]) => total + bytes, 0);
console.log(
  `  all that lasts (without outcomes, which go after 120 s): ${(sum / count).toFixed(1)}`,
);
console.log(
  `  the server's used_memory grew by ${(grownBytes / count).toFixed(1)}, outcomes included`,
);
await index.close();
await redis.stop();

async function publish(name: PackageName, version: Version, on: PackageName) {
  const label = `${name}@${version}`;
  const digest = sha256(`manifest ${label}`);
  const bundle = sha256(`bundle ${label}`);
  const document: PackageDocument = {
    schema: 'vitte.package.document.v1',
    name,
    version,
    kind: 'library',
    description: `Library that does one thing well, part ${hex(name).slice(0, 12)}`,
    license: 'MIT',
    keywords: ['parser', hex(name).slice(0, 6)],
    entry: 'src/lib.vit',
    tests: ['tests/main.vit'],
    dependencies: [{ name: on, requirement: '^1.0.0' as Requirement, source: 'registry' }],
    manifest: 'vitte-package.json',
    readme: 'README.md',
    archive: { tarSha256: hex(`tar ${label}`), unpackedBytes: 12_345, files: 7 },
    sourceSha256: hex(`source ${label}`),
    registryChecksum: hex(`checksum ${label}`),
  };
  const mediaType = 'application/vnd.vitte.vitmod.v1.tar+gzip';
  const { tarSha256 } = document.archive;
  const facts = {
    version,
    digest,
    archive: { digest: sha256(`archive ${label}`), bytes: 4_567, mediaType, tarSha256 },
    readme: { digest: sha256(`readme ${label}`), bytes: 789 },
    signatures: [{ bundle, kid: hex(name).slice(0, 32), verified: true }],
    document,
  };
  await add({ event: 'published', package: name, version, digest, bundles: [bundle] }, facts);
}

async function add(event: object, facts?: AppliedEntry['facts']) {
  n += 1;
  const at = new Date(Date.parse('2026-11-22T10:00:00.000Z') + n * 1_234).toISOString();
  const entry: Entry = canonicalCopy({
    id: randomUUID(),
    actor: 'admin',
    ...event,
    n,
    at,
  } as Entry);
  batch.push({ entry, ...(facts ? { facts } : {}) });
  if (batch.length >= batchSize) await apply();
}

async function apply() {
  const ordinal = (head?.ordinal ?? -1) + 1;
  const after = {
    sequence: n,
    ordinal,
    term: '1-0123456789abcdef',
    batch: sha256(`batch ${ordinal}`),
  };
  await index.apply({ before: head, after, entries: batch, outcomes: [] });
  head = after;
  batch = [];
}

async function usedBytes(): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.client.info('memory'))?.[1]);
}

function hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
