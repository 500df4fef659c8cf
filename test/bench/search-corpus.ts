// Packages that nobody wrote: names, descriptions and READMEs as people would have them, from a seed.
import { sha256 } from '../../src/core/digest.ts';
import type { PackageDocument } from '../../src/core/document.ts';
import type { PackageName } from '../../src/core/name.ts';
import type { Version } from '../../src/core/version.ts';
import type { PackageRecord, VersionRecord } from '../../src/index/port.ts';
import { type Random, seededRandom } from '../support/seeded-random.ts';

export type Sample = {
  record: PackageRecord;
  /** That of its one version. */
  document: PackageDocument;
  readme: string;
  downloads: number;
};

const known =
  `json yaml toml xml csv http https web server client router socket tcp udp dns tls crypto hash sha md5 base64 utf8
  parser lexer ast compiler formatter linter test mock bench log logger trace metrics config env cli args term color
  table text string regex unicode date time zone calendar math matrix vector linear algebra geometry graph tree list
  queue heap cache redis postgres mysql sqlite database orm query sql migration template html css markdown render image
  png jpeg svg audio video stream buffer bytes file path glob archive tar zip gzip async task worker thread pool event
  emitter state machine actor channel signal timer retry random uuid id token auth oauth session cookie jwt user mail
  smtp ftp ssh git oci docker cloud aws azure kubernetes deploy build bundle pack plugin macro derive schema validate
  form i18n locale french english dictionary search index fuzzy spell game physics engine sprite sound input gamepad
  robot sensor gpio serial usb bluetooth network packet proxy gateway mesh rpc graphql rest api sdk wrapper binding
  native ffi wasm simd gpu tensor neural learn model train data frame stats plot chart report pdf invoice money tax
  bank payment shop order stock map geo weather news feed atom rss bot chat slack discord irc matrix calcul bibliotheque
  serveur chaine fichier tableau journal outil rapide simple`.split(/\s+/);
const syllables =
  'ba be bi bo bra cal cor da del dro fa fen flo ga gen gri ha hel jo ka kir la lem lo ma mer min na nor pa pel qui ra ren sa sil sto ta tor tri u va vel vi wen xa yo za'.split(
    ' ',
  );
const licences = [
  'MIT',
  'Apache-2.0',
  'MIT OR Apache-2.0',
  'GPL-3.0-only',
  'BSD-3-Clause',
  'MPL-2.0',
];
const inventedWords = 40_000;
const start = Date.parse('2024-01-01T00:00:00Z');
const dayMs = 24 * 3_600_000;

/** So many packages, each with another name. */
export function* sampleCorpus(packages: number, seed: number): Generator<Sample> {
  const random = seededRandom(seed);
  const words = [...known, ...Array.from({ length: inventedWords }, () => invented(random))];
  const nameWord = () => words[rank(random, words.length, 5)]!;
  const word = () => words[rank(random, words.length, 20)]!;
  const namespaces = Array.from({ length: Math.ceil(packages / 40) }, () => invented(random));
  const names = new Set<string>();
  while (names.size < packages) {
    const parts = Array.from({ length: 1 + random.below(3) }, nameWord);
    if (random.chance(0.15)) parts.unshift('vitte');
    const local = parts.join('-').slice(0, 60).replace(/-$/, '');
    const name = random.chance(0.4) ? `${random.pick(namespaces)}/${local}` : local;
    if (names.has(name)) continue;
    names.add(name);
    yield sample(name as PackageName, parts, random, word);
  }
}

function sample(name: PackageName, parts: string[], random: Random, word: () => string): Sample {
  const version = `${random.below(3)}.${random.below(20)}.0` as Version;
  const publishedAt = new Date(start + random.below(700) * dayMs).toISOString();
  const text = (count: number) => Array.from({ length: count }, word).join(' ');
  const readme = `# ${name}\n\n${text(90 + random.below(80))}`;
  const document: PackageDocument = {
    schema: 'vitte.package.document.v1',
    name,
    version,
    kind: random.chance(0.8) ? 'library' : 'binary',
    description: `${text(4 + random.below(9))} for ${parts.join(' ')}`,
    license: random.pick(licences)!,
    keywords: [...parts.slice(0, 2), ...Array.from({ length: random.below(4) }, word)],
    entry: 'src/lib.vit',
    dependencies: [],
    manifest: 'vitte-package.json',
    archive: { tarSha256: '', unpackedBytes: 1, files: 1 },
    sourceSha256: '',
    registryChecksum: '',
  };
  const record: VersionRecord = {
    version,
    digest: sha256(`manifest ${name}`),
    archive: { digest: sha256(`archive ${name}`), bytes: 1, mediaType: '', tarSha256: '' },
    readme: { digest: sha256(readme), bytes: readme.length },
    signatures: [],
    document,
    id: name,
    sequence: 1,
    publishedAt,
    actor: 'ann',
    yanked: false,
    voided: false,
  };
  const owner = {
    account: 'ann',
    role: 'owner',
    sequence: 1,
    at: publishedAt,
    actor: 'ann',
  } as const;
  return {
    record: {
      name,
      createdAt: publishedAt,
      createdSequence: 1,
      owners: [owner],
      sequence: 1,
      versions: [record],
    },
    document,
    readme,
    downloads: Math.floor(10 ** (5 * random.fraction() ** 3)),
  };
}

/** Few words are used much, most hardly ever: the law of Zipf and Mandelbrot. */
function rank(random: Random, end: number, flat: number): number {
  return Math.floor(flat * ((end + flat) / flat) ** random.fraction() - flat);
}

function invented(random: Random): string {
  return Array.from({ length: 2 + random.below(3) }, () => random.pick(syllables)!).join('');
}
