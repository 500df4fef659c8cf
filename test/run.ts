// Runs test files, each in a process of its own, and ends with the line `N passed, N failed[, N skipped]`.
//   node test/run.ts [--dir DIR]… [--jobs N] [--share N] [FILTER]…   (default: test/ without the folders of `apart`)
// `--share` takes one in N of the counts of test/long, whose figures are printed.
// A file fails on: an import error, no test at all, a suite whose `.run()` was forgotten, a hook that throws,
// a late rejection, a handle still open after its tests, `.only` or a skip when CI is set.
import { fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { installDebianParts } from './support/debian-parts.ts';

type Report = { errors: string[]; passed: number; failed: number; skipped: number };
type Queue = (() => Promise<
  [errors: string | true, passed: number, skipped: number, total: number]
>)[];

const fileTimeoutMs = 20 * 60_000;
const exitGraceMs = 5_000;
const self = fileURLToPath(import.meta.url);
const root = resolve(self, '../..');
/** What takes too long for every run: `npm run test:interop` has the first three, and a share of `long`. */
const apart = ['deployed', 'sudden-death', 'interop', 'long', 'bench'];
const longFolder = join(root, 'test/long/');

if (process.send) await runFile(process.argv[2] ?? '');
else await runAll();

/** In the child: imports one file, runs its suites, reports to the parent and lets go of it. */
async function runFile(file: string) {
  const scope = globalThis as { UVU_DEFER?: number; UVU_QUEUE?: Queue[]; UVU_INDEX?: number };
  Object.assign(scope, { UVU_DEFER: 1, UVU_QUEUE: [[]], UVU_INDEX: 0 });
  const report: Report = { errors: [], passed: 0, failed: 0, skipped: 0 };
  const { declaredSuites, hookErrors } = await import('./support/suite.ts');
  await import(pathToFileURL(file).href);
  const queue = scope.UVU_QUEUE?.[0] ?? [];
  if (queue.length !== declaredSuites.length) fail('a suite was declared but never run()');
  if (queue.length === 0) fail('no suite in this file');
  for (const [index, run] of queue.entries()) {
    try {
      const [errors, passed, skipped, total] = await run();
      if (total === 0 && skipped === 0) fail(`suite ${declaredSuites[index]} is empty`);
      report.passed += passed;
      report.skipped += skipped;
      report.failed += total - passed;
      if (typeof errors === 'string') report.errors.push(errors);
    } catch (error) {
      fail(
        `suite ${declaredSuites[index]}: ${error instanceof Error ? error.stack : String(error)}`,
      );
    }
  }
  for (const error of hookErrors) fail(error);
  process.send?.(report, () => process.disconnect());

  function fail(message: string) {
    report.failed += 1;
    report.errors.push(`  FAIL  ${message}\n`);
  }
}

/** In the parent: finds the files, runs them a few at a time, adds up. */
async function runAll() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dir: { type: 'string', multiple: true },
      jobs: { type: 'string' },
      share: { type: 'string' },
    },
  });
  const files = testFiles(values.dir).filter(
    (file) => positionals.length === 0 || positionals.some((part) => file.includes(part)),
  );
  if (values.share !== undefined) process.env.TEST_LONG_SHARE = values.share;
  installDebianParts();
  const total: Report = { errors: [], passed: 0, failed: 0, skipped: 0 };
  const queue = [...files];
  const jobs = Number(values.jobs ?? availableParallelism());
  const started = Date.now();
  await Promise.all(
    Array.from({ length: jobs }, async () => {
      for (let file = queue.shift(); file; file = queue.shift()) {
        const fileStarted = Date.now();
        const { report, output } = await runChild(file);
        const failed = report.failed > 0;
        const seconds = ((Date.now() - fileStarted) / 1000).toFixed(1);
        console.log(
          `${failed ? 'FAIL' : 'ok  '} ${relative(root, file)}  ${report.passed} passed  ${seconds} s`,
        );
        if (failed || file.startsWith(longFolder)) console.log(output + report.errors.join(''));
        total.passed += report.passed;
        total.failed += report.failed;
        total.skipped += report.skipped;
      }
    }),
  );
  if (files.length === 0) total.failed += 1;
  const skips = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  console.log(`${files.length} files in ${((Date.now() - started) / 1000).toFixed(0)} s`);
  console.log(`${total.passed} passed, ${total.failed} failed${skips}`);
  const skipFails = process.env.CI !== undefined && total.skipped > 0;
  process.exitCode = total.failed > 0 || total.passed === 0 || skipFails ? 1 : 0;
}

function testFiles(dirs = ['test']) {
  const left = dirs.length === 1 && dirs[0] === 'test' ? apart : [];
  return dirs.flatMap((dir) =>
    readdirSync(join(root, dir), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts') && !left.includes(path.split('/')[0] ?? ''))
      .map((path) => join(root, dir, path))
      .sort(),
  );
}

function runChild(file: string): Promise<{ report: Report; output: string }> {
  return new Promise((done) => {
    const child = fork(self, [file], { silent: true, cwd: root });
    let report: Report | undefined;
    let output = '';
    let leaked = false;
    let timer = setTimeout(() => child.kill('SIGKILL'), fileTimeoutMs);
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('message', (message) => {
      report = message as Report;
      clearTimeout(timer);
      timer = setTimeout(() => {
        leaked = true;
        child.kill('SIGKILL');
      }, exitGraceMs);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const result = report ?? { errors: [], passed: 0, failed: 0, skipped: 0 };
      if (leaked) add('handles were still open after the tests');
      else if (!report) add(`ended before its tests (${signal ?? `exit ${code}`})`);
      else if (code !== 0) add(`exit ${signal ?? code} after its tests: a late error`);
      done({ report: result, output });

      function add(message: string) {
        result.failed += 1;
        result.errors.push(`  FAIL  ${message}\n`);
      }
    });
  });
}
