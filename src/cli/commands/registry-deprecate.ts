import { parsePackageName } from '../../core/name.ts';
import { parseRemark } from '../../core/remark.ts';
import type { Invocation } from '../command.ts';
import { withRegistry } from '../compose.ts';
import { usageError } from '../spoken-error.ts';

/** What is said where the author says no more: others read it, so it is of no locale. */
const plainMessage = 'this package is deprecated';

/** `vitte registry deprecate NAME [MESSAGE]`: tells the users of a package what to use in its place. */
export async function run(invocation: Invocation): Promise<void> {
  const { options, output, messages, signal } = invocation;
  const [stated = '', text] = invocation.arguments;
  const name = parsePackageName(stated);
  const isUndo = options.flag('undo');
  if (isUndo && text !== undefined) throw usageError(messages.usage.together('MESSAGE', '--undo'));
  const message = isUndo ? '' : parseRemark(text ?? plainMessage, 'message');
  if (!isUndo && message === '') throw usageError(messages.change.emptyMessage);
  const answer = await withRegistry(invocation, ({ client }) =>
    client.deprecate(name, message, { signal }),
  );
  if (answer.changed === false) output.note(messages.change.unchanged(name));
  await output.answer({ schema: 'vitte.registry.deprecate', ...answer }, (paper) => {
    paper.line(`${isUndo ? 'undeprecated' : 'deprecated'} ${name}`);
  });
}
