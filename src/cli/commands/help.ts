import { type ErrorCode, errorCatalogue } from '../../core/errors.ts';
import type { Invocation } from '../command.ts';
import { matchCommand, unknownCommand } from '../command-line.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { commandHelp, groupHelp, overview } from '../help.ts';
import { spoken } from '../spoken-error.ts';

/** `vitte help [COMMAND|CODE]`: how a command is used, or what an error code means. */
export async function run(invocation: Invocation): Promise<void> {
  const { messages, output } = invocation;
  const lines = linesFor(invocation);
  await output.answer({ schema: 'vitte.help', lines }, (paper) => {
    for (const line of lines) paper.line(line);
  });

  function linesFor({ arguments: words }: Invocation): string[] {
    const [first] = words;
    if (first === undefined) return overview(messages);
    if (first.startsWith('PKG_E_')) return codeLines(first);
    const match = matchCommand(words);
    if ('unknown' in match) throw unknownCommand(match.unknown, messages);
    return 'command' in match
      ? commandHelp(match.command, messages)
      : groupHelp(match.group, messages);
  }

  function codeLines(code: string): string[] {
    if (!Object.hasOwn(errorCatalogue, code)) {
      throw spoken('PKG_E_COMMAND', messages.usage.noCode(code));
    }
    const known = code as ErrorCode;
    const exitCode = exitCodeOf(errorCatalogue[known], 'registry', false);
    const help = messages.helps[known];
    return [
      `${known}: ${messages.errors[known]}`,
      ...(help === undefined ? [] : [help]),
      messages.help.exitCode(exitCode),
    ];
  }
}
