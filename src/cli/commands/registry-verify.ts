import type { Invocation } from '../command.ts';
import { showPace } from '../pace.ts';
import type { Progress } from '../progress.ts';
import { printFindings } from '../store-findings.ts';
import { serverFlags } from './registry-serve.ts';

/** `vitte registry verify`: compares store, journal and index, names every disagreement, and mends with `--fix`. */
export async function run(invocation: Invocation): Promise<void> {
  const { options, environment, output, messages, signal } = invocation;
  const { upkeep } = messages;
  let progress: Progress | undefined;
  const { verifyStore } = await import('../../server/verify.ts');
  const verified = await verifyStore({
    flags: serverFlags(options.given()),
    env: environment.variables,
    cwd: environment.cwd,
    stderr: process.stderr,
    signal,
    store: true,
    fix: options.flag('fix'),
    content: options.flag('content'),
    onProgress(done, total) {
      progress ??= showPace(invocation, upkeep.progress.verify);
      progress.at(done, total);
    },
    onMending(mending) {
      progress?.end();
      progress = undefined;
      output.note(upkeep.mending[mending]);
    },
  }).finally(() => progress?.end());
  await printFindings(invocation, 'vitte.registry.verify', verified);
}
