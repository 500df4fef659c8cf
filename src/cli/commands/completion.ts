import type { Invocation } from '../command.ts';
import { completionScript, type Shell } from '../completion/script.ts';

/** `vitte completion SHELL`: a script for the shell to read. */
export async function run(invocation: Invocation): Promise<void> {
  const { output, messages } = invocation;
  // The table of commands lets no other word through.
  const shell = invocation.arguments[0] as Shell;
  const script = completionScript(shell, messages);
  if (!output.json) return output.text(script);
  await output.answer({ schema: 'vitte.completion', shell, script }, () => {});
}
