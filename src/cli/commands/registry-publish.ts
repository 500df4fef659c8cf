import type { Invocation } from '../command.ts';
import { dryRun } from '../dry-run.ts';
import { publish } from '../publishing.ts';

/** `vitte registry publish [DIR|FILE]`: packs, signs, sends; prints `published NAME@VERSION DIGEST`. */
export async function run(invocation: Invocation): Promise<void> {
  const source = invocation.arguments[0] ?? '.';
  if (invocation.options.flag('dry-run')) return dryRun(invocation, source);
  await publishAndTell(invocation, source, 'vitte.registry.publish');
}

/** Publishes and prints the one line that scripts rely on, or its document. */
export async function publishAndTell(
  invocation: Invocation,
  source: string,
  schema: string,
): Promise<void> {
  const published = await publish(invocation, source);
  const { name, version, digest } = published;
  await invocation.output.answer({ schema, ...published }, (paper) => {
    paper.line(`published ${name}@${version} ${digest}`);
  });
}
