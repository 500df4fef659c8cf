import type { Invocation } from '../command.ts';
import { dryRun } from '../dry-run.ts';
import { publishAndTell } from './registry-publish.ts';

/** `vitte package publish` and `vitte publish`: the package in --path, or in this folder. */
export async function run(invocation: Invocation): Promise<void> {
  const source = invocation.options.text('path') ?? '.';
  if (invocation.options.flag('dry-run')) return dryRun(invocation, source);
  await publishAndTell(invocation, source, 'vitte.package.publish');
}
