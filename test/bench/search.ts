// Search over 100,000 packages: `node test/bench/search.ts [PACKAGES] [QUERIES]`. Each sample is the whole of one query,
// of the search alone; operations.md holds prefix and typo to 10 ms at the 99th percentile.
import { pathToFileURL } from 'node:url';
import { openSearch } from '../../src/index/search.ts';
import { readmeText } from '../../src/index/search-readme.ts';
import { type Random, seededRandom } from '../support/seeded-random.ts';
import { sampleCorpus } from './search-corpus.ts';

export type SearchBenchOptions = { packages?: number; queries?: number; seed?: number };

export type SearchBench = {
  /** Milliseconds of each query, by kind of query. */
  rows: { kind: string; ms: number[] }[];
  packages: number;
  /** What the search takes for a package, in bytes, and how long it took to take one in. */
  packageBytes: number;
  packageMs: number;
};

/** A page as a person sees it. */
const limit = 20;
const warmupQueries = 300;

/** Fills a search and asks it so many queries of each kind. */
export function benchSearch(options: SearchBenchOptions = {}): SearchBench {
  const { packages = 100_000, queries = 1_000, seed = 7 } = options;
  const search = openSearch();
  const names: string[] = [];
  let fillMs = 0;
  for (const { record, readme, downloads } of sampleCorpus(packages, seed)) {
    const from = performance.now();
    search.put(record);
    const digest = search.lacksReadme(record.name);
    if (digest) search.putReadme(record.name, digest, readmeText(Buffer.from(readme)));
    search.putDownloads(record.name, downloads);
    fillMs += performance.now() - from;
    names.push(record.name.slice(record.name.indexOf('/') + 1));
  }
  const rows = Object.entries(kinds).map(([kind, queryOf]) => {
    const random = seededRandom(seed + 1);
    const ms: number[] = [];
    for (let query = -warmupQueries; query < queries; query += 1) {
      const text = queryOf(random.pick(names)!, random);
      const from = performance.now();
      search.search({ text, limit });
      if (query >= 0) ms.push(performance.now() - from);
    }
    return { kind, ms };
  });
  const { bytes } = search.size();
  return { rows, packages, packageBytes: bytes / packages, packageMs: fillMs / packages };
}

/** What is typed by somebody who has a package in mind. */
const kinds: Record<string, (name: string, random: Random) => string> = {
  'prefix, 1 to 6 letters': (name, random) => name.slice(0, 1 + random.below(6)),
  'name, typed to the end': (name) => name,
  'words, not typed to the end': (name, random) =>
    name.replaceAll('-', ' ').slice(0, 2 + random.below(name.length)),
  'one typo': (name, random) => slipped(random.pick(name.split('-'))!, random),
  'a typo in each word': (name, random) =>
    name
      .split('-')
      .map((word) => slipped(word, random))
      .join(' '),
  'prefix with filters': (name, random) =>
    `${name.slice(0, 1 + random.below(6))} kind:library -license:MIT updated:>2024-06`,
};

/** A letter left out, doubled, or another, but for the first. */
function slipped(word: string, random: Random): string {
  const at = 1 + random.below(Math.max(1, word.length - 1));
  const kind = random.below(3);
  const letter = kind === 0 ? '' : kind === 1 ? word.slice(at, at + 1) : random.pick([...'aeist'])!;
  return word.slice(0, at) + letter + word.slice(kind === 1 ? at : at + 1);
}

function percentile(sorted: readonly number[], share: number): string {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(2);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [packages = 100_000, queries = 1_000] = process.argv.slice(2).map(Number);
  const bench = benchSearch({ packages, queries });
  console.log(`${packages} packages, ${bench.packageBytes.toFixed(0)} bytes each, taken in at`);
  console.log(`${bench.packageMs.toFixed(3)} ms each; ${queries} queries of each kind, in ms:`);
  for (const { kind, ms } of bench.rows) {
    const sorted = ms.toSorted((a, b) => a - b);
    const [p50, p99] = [percentile(sorted, 0.5), percentile(sorted, 0.99)];
    console.log(`  ${kind.padEnd(30)} p50 ${p50}  p99 ${p99}  max ${percentile(sorted, 1)}`);
  }
}
