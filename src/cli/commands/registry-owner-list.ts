import { parsePackageName } from '../../core/name.ts';
import type { Invocation } from '../command.ts';
import { withRegistry } from '../compose.ts';

/** `vitte registry owner list NAME`: who stands behind a package, with role and since when. */
export async function run(invocation: Invocation): Promise<void> {
  const { output, messages, signal } = invocation;
  const name = parsePackageName(invocation.arguments[0] ?? '');
  const answer = await withRegistry(invocation, ({ client }) => client.owners(name, { signal }));
  const { table } = messages;
  await output.answer({ schema: 'vitte.registry.owner.list', ...answer }, (paper) => {
    paper.table(
      [table.account, table.role, table.since],
      answer.owners.map(({ account, role, at }) => [account, role, at]),
    );
  });
}
