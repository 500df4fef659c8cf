// Measures the figures that the README's table names: `npm run bench [-- ROW…] [--full] [--out FILE] [--profile]`.
// A table goes to standard output, the figures as JSON to FILE, else to a file in the cache folder.
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Row } from './row.ts';
import { type MeasuredRow, tableOf } from './table.ts';

/** Each file exports `row`, of the same name. */
const rowFiles = [
  'hot-get',
  'index-peers',
  'start',
  'download',
  'publish',
  'oci-transfer',
  'oci-small-blobs',
  'rebuild',
  'resolve',
  'search-latency',
];
const pairsUsual = 5;
const pairsFull = 15;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    out: { type: 'string' },
    profile: { type: 'boolean', default: false },
    pairs: { type: 'string' },
  },
});
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vitte-registry-bench');
const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
const out = resolve(values.out ?? join(cache, `${stamp}.json`));
const profiles = values.profile ? join(cache, `${stamp}-profiles`) : undefined;

const rows = wanted(await knownRows(), positionals);
const measured: MeasuredRow[] = [];
const failed: { row: string; error: string }[] = [];
if (profiles !== undefined) await mkdir(profiles, { recursive: true });
// Whatever was started ends with this process, but not by itself where a signal ends it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
for (const row of rows) {
  // A row that can't be measured, such as for want of a peer, leaves the others their figures.
  await measure(row).catch((error: Error) => {
    process.stderr.write(`${row.name}: ${error.stack}\n`);
    failed.push({ row: row.name, error: error.message });
    process.exitCode = 1;
  });
}
process.stdout.write(tableOf(measured));
await mkdir(dirname(out), { recursive: true });
await writeFile(out, `${JSON.stringify(report(), undefined, 2)}\n`);
process.stderr.write(`${out}\n`);
if (profiles !== undefined) process.stderr.write(`${profiles}\n`);

async function measure(row: Row): Promise<void> {
  const say = (text: string) => void process.stderr.write(`${row.name}: ${text}\n`);
  const folder = await mkdtemp(join(tmpdir(), `vitte-bench-${row.name}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const started = performance.now();
  try {
    const pairs = Number(values.pairs ?? (values.full ? pairsFull : pairsUsual));
    const figures = await row.run({ full: values.full, folder, pairs, profiles, say });
    const seconds = Math.round((performance.now() - started) / 1000);
    say(`${seconds} s`);
    measured.push({ row: row.name, heldTo: row.heldTo, figures, seconds });
  } finally {
    process.off('exit', remove);
    remove();
  }
}

async function knownRows(): Promise<Row[]> {
  const files = rowFiles.map((name) => new URL(`${name}.ts`, import.meta.url).href);
  const modules = await Promise.all(files.map((file) => import(file) as Promise<{ row: Row }>));
  return modules.map(({ row }) => row);
}

function wanted(rows: Row[], names: string[]): Row[] {
  const unknown = names.filter((name) => !rows.some((row) => row.name === name));
  if (unknown.length === 0) {
    return names.length === 0 ? rows : rows.filter(({ name }) => names.includes(name));
  }
  const known = rows.map(({ name }) => name).join(', ');
  process.stderr.write(`there is no row ${unknown.join(', ')}; there are ${known}\n`);
  process.exit(2);
}

function report() {
  return {
    schema: 'vitte.bench.v1',
    at: new Date().toISOString(),
    node: process.version,
    processor: cpus()[0]?.model,
    cores: availableParallelism(),
    full: values.full,
    rows: measured,
    failed,
  };
}
