import { type Check, type CheckName, neededChecks } from '../../oci/probe/check.ts';
import type { ProbeReport } from '../../oci/probe/probe.ts';
import type { Invocation } from '../command.ts';
import { type Progress, showProgress, sizeText } from '../progress.ts';
import { answeredNo } from '../spoken-error.ts';
import { serverFlags } from './registry-serve.ts';

/** `vitte registry doctor`: tries the storage on a throwaway artifact, and says what it lacks. */
export async function run(invocation: Invocation): Promise<void> {
  const { options, environment, output, signal } = invocation;
  const { doctor } = invocation.messages;
  let shown: { check: CheckName; progress: Progress } | undefined;
  const { diagnose } = await import('../../server/doctor.ts');
  const diagnosis = await diagnose({
    flags: serverFlags(options.given()),
    env: environment.variables,
    cwd: environment.cwd,
    signal,
    onProgress(check, done, total) {
      if (check !== shown?.check) {
        const label = doctor.trying(doctor.checks[check]);
        shown = { check, progress: showProgress(invocation, label) };
      }
      shown.progress.at(done, total);
    },
  }).finally(() => shown?.progress.end());

  const { leftovers } = diagnosis;
  if (leftovers) {
    output.warn(doctor.leftovers({ ...leftovers, tags: leftovers.tags.length }));
  }
  signal.throwIfAborted();
  const failed = diagnosis.checks.filter(({ status }) => status === 'failed');
  await printDiagnosis(invocation, diagnosis, failed.length === 0);
  if (failed.length === 0) return;
  const names = failed.map(({ check }) => doctor.checks[check]).join(', ');
  throw answeredNo('PKG_E_STORAGE_UNFIT', doctor.unfit(names), { help: doctor.unfitHelp });
}

async function printDiagnosis(
  invocation: Invocation,
  diagnosis: ProbeReport & { storage: string },
  fit: boolean,
) {
  const { doctor } = invocation.messages;
  const { storage, checks, leftovers } = diagnosis;
  const sentence = (check: Check) => sentenceOf(check, checks, invocation);
  const document = {
    schema: 'vitte.registry.doctor',
    status: fit ? 'ok' : 'error',
    storage,
    checks: checks.map(({ error, ...facts }) => ({
      ...facts,
      needed: neededChecks.has(facts.check),
      message: sentence({ error, ...facts }),
      error: error && { code: error.code, message: error.message },
    })),
    leftovers,
  } as const;
  const wanting = checks.filter(({ status }) => status !== 'ok');
  await invocation.output.answer(document, (paper) => {
    if (!paper.forPeople) {
      const lines = checks.map((check) => [check.check, check.status, sentence(check)]);
      return paper.table([], lines);
    }
    const { table } = doctor;
    paper.title(storage);
    paper.table(
      [table.check, table.result, table.detail],
      checks.map((check) => {
        const { check: name, status } = check;
        return [doctor.checks[name], doctor.statuses[status], sentence(check)];
      }),
    );
    paper.line('');
    // In full: the table has no more room than the terminal.
    for (const check of wanting) paper.line(`- ${doctor.checks[check.check]}: ${sentence(check)}`);
    if (fit) paper.line(wanting.length === 0 ? doctor.fit : doctor.fitWithout(wanting.length));
  });
}

function sentenceOf(check: Check, checks: readonly Check[], { messages }: Invocation): string {
  const { doctor } = messages;
  const nameOf = (name: CheckName) => doctor.checks[name];
  const said =
    check.finding === 'not-tried'
      ? nameOf(rootCause(check.because, checks))
      : (check.error?.message ?? '');
  const text = doctor.findings[check.finding] as (
    facts: Check,
    words: { said: string; size: typeof sizeText },
  ) => string;
  return text(check, { said, size: sizeText });
}

/** What failed, and not what was skipped because of it. */
function rootCause(name: CheckName, checks: readonly Check[]): CheckName {
  const found = checks.find(({ check }) => check === name);
  return found?.finding === 'not-tried' ? rootCause(found.because, checks) : name;
}
