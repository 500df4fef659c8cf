// The public conformance suite of the distribution specification, run against one registry.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cache, runTool, tool } from './tools.ts';

export type Counts = Record<'pass' | 'fail' | 'error' | 'skip' | 'disabled', number>;

export type ConformanceRun = {
  counts: Counts;
  /** How each test of a name ended, in their order: a name may be run several times. */
  outcomes: Map<string, string[]>;
  /** The table and the report, kept for people until the next run of this name. */
  folder: string;
};

/**
 * Runs the suite. `name` is that of its results; the repositories are new ones, of ordinary names. What the suite can
 * ask for beyond the specification's defaults (upload cancellation, digest headers) is asked for with `strict`.
 */
export async function runConformance(
  name: string,
  options: { host: string; token?: string; strict?: boolean },
): Promise<ConformanceRun> {
  const folder = join(cache, 'vitte-registry-conformance', name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const env = {
    OCI_REGISTRY: options.host,
    OCI_TLS: 'disabled',
    OCI_REPO1: 'conformance/one',
    OCI_REPO2: 'conformance/two',
    OCI_VERSION: '1.1',
    OCI_RESULTS_DIR: folder,
    ...(options.token === undefined ? {} : { OCI_USERNAME: 'any', OCI_PASSWORD: options.token }),
    ...(options.strict ? strict : {}),
  };
  // It ends with 1 where a test fails; what failed is in its output.
  const { stdout } = await runTool(await tool('conformance'), [], { env, cwd: folder }).catch(
    (error: { stdout?: string }) => {
      if (error.stdout === undefined) throw error;
      return { stdout: error.stdout };
    },
  );
  const table = stdout.slice(stdout.indexOf('OCI Conformance Result'));
  await writeFile(join(folder, 'table.txt'), table);
  const outcomes = parseOutcomes(await readFile(join(folder, 'junit.xml'), 'utf8'));
  return { counts: parseCounts(table), outcomes, folder };
}

const strict = {
  OCI_API_BLOBS_UPLOAD_CANCEL: 'true',
  OCI_API_BLOBS_DIGEST_HEADER: 'true',
  OCI_API_MANIFESTS_DIGEST_HEADER: 'true',
};

function parseCounts(table: string): Counts {
  const count = (row: string) => {
    const found = new RegExp(`^ *${row}\\.*: *(\\d+)$`, 'im').exec(table)?.[1];
    if (found === undefined) throw new Error(`the conformance suite told no ${row}: ${table}`);
    return Number(found);
  };
  return {
    pass: count('Pass'),
    fail: count('FAIL'),
    error: count('Error'),
    skip: count('Skip'),
    disabled: count('Disabled'),
  };
}

function parseOutcomes(junit: string): Map<string, string[]> {
  const outcomes = new Map<string, string[]>();
  for (const [, name = '', status = ''] of junit.matchAll(
    /<testcase name="([^"]*)"[^>]* status="([^"]*)"/g,
  )) {
    const known = outcomes.get(name) ?? [];
    known.push(status);
    outcomes.set(name, known);
  }
  return outcomes;
}
