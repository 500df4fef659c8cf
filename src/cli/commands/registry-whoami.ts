import type { Invocation } from '../command.ts';
import { withRegistry } from '../compose.ts';

/** `vitte registry whoami`: account and role behind the token. */
export async function run(invocation: Invocation): Promise<void> {
  const { output, signal } = invocation;
  await withRegistry(invocation, async ({ client }) => {
    const { account, role } = await client.whoami({ signal });
    const document = { schema: 'vitte.registry.whoami', account, role, registry: client.url };
    await output.answer(document, (paper) => {
      if (paper.forPeople) paper.line(`${account} (${role}), ${client.url}`);
      else paper.table([], [[account, role]]);
    });
  });
}
