import { parsePackageName } from '../../core/name.ts';
import { type PackageRole, parseAccount, parsePackageRole } from '../../core/people.ts';
import type { Invocation } from '../command.ts';
import { withRegistry } from '../compose.ts';

/** `vitte registry owner add NAME ACCOUNT`: gives an account a role on a package, whatever it had before. */
export async function run(invocation: Invocation): Promise<void> {
  await setOwner(invocation, parsePackageRole(invocation.options.text('role') ?? 'owner'));
}

/** Gives the account a role, or takes it off the list; prints `added NAME ACCOUNT ROLE` or `removed NAME ACCOUNT`. */
export async function setOwner(
  invocation: Invocation,
  role: PackageRole | undefined,
): Promise<void> {
  const { output, messages, signal } = invocation;
  const [stated = '', given = ''] = invocation.arguments;
  const name = parsePackageName(stated);
  const account = parseAccount(given);
  const answer = await withRegistry(invocation, ({ client }) =>
    client.setOwner(name, account, role, { signal }),
  );
  if (answer.changed === false) output.note(messages.change.unchanged(name));
  const schema = role ? 'vitte.registry.owner.add' : 'vitte.registry.owner.remove';
  await output.answer({ schema, ...answer }, (paper) => {
    paper.line(role ? `added ${name} ${account} ${role}` : `removed ${name} ${account}`);
  });
}
