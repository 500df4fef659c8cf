import type { Invocation } from '../command.ts';
import { serverFlags } from './registry-serve.ts';

/** `vitte registry rebuild`: makes the index anew from the journal, with no server running on the store. */
export async function run(invocation: Invocation): Promise<void> {
  const { options, environment, output, signal } = invocation;
  const { rebuild } = await import('../../server/rebuild.ts');
  const { store, sequence, packages } = await rebuild({
    flags: serverFlags(options.given()),
    env: environment.variables,
    cwd: environment.cwd,
    stderr: process.stderr,
    signal,
  });
  const document = { schema: 'vitte.registry.rebuild', store, sequence, packages };
  await output.answer(document, (paper) => {
    paper.table(
      [],
      [
        ['store', store],
        ['entries', String(sequence)],
        ['packages', String(packages)],
      ],
    );
  });
}
