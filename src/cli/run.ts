import type { Category, Command } from './command.ts';
import { asksForJson, matchCommand, parseLine, unknownCommand } from './command-line.ts';
import { type Environment, loadMessages, readEnvironment } from './environment.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import { commandHelp, groupHelp, overview } from './help.ts';
import { watchInterrupts } from './interrupts.ts';
import type { Messages } from './messages/en.ts';
import { openOutput, tolerateClosedPipes, writeOut } from './output.ts';
import { packageVersion } from './package-version.ts';
import { usageError } from './spoken-error.ts';

const flagsWithoutCommand: ReadonlySet<string> = new Set([
  '--help',
  '-h',
  '--version',
  '-V',
  '--json',
  '--quiet',
  '-q',
]);

/** Runs the command that the arguments name and sets the exit code of this process. Never rejects. */
export async function run(args: readonly string[]): Promise<void> {
  tolerateClosedPipes();
  const environment = readEnvironment();
  const messages = await loadMessages(environment);
  process.once('uncaughtException', (error) => void endAtBug(error, args, environment, messages));
  process.exitCode = await dispatch(args, environment, messages);
}

/** What escaped every command: a bug of ours, told in the same form. */
async function endAtBug(
  error: Error,
  args: readonly string[],
  environment: Environment,
  messages: Messages,
) {
  const context = { command: undefined, category: categoryOf(args), json: asksForJson(args) };
  process.exit(await reportFailure(error, { ...context, environment, messages }));
}

async function dispatch(
  args: readonly string[],
  environment: Environment,
  messages: Messages,
): Promise<ExitCode> {
  const match = matchCommand(args);
  const command = 'command' in match ? match.command : undefined;
  const interrupts = watchInterrupts();
  try {
    if ('command' in match) {
      return await runCommand(match.command, match.rest, {
        environment,
        messages,
        signal: interrupts.signal,
      });
    }
    if ('unknown' in match) throw unknownCommand(match.unknown, messages);
    return await explainGroup(match.group, match.rest, messages);
  } catch (error) {
    if (interrupts.signal.aborted) {
      process.stderr.write(`vitte: ${messages.failed.interrupted}\n`);
      return interrupts.exitCode();
    }
    return reportFailure(error, {
      command,
      category: command?.category ?? categoryOf(args),
      json: asksForJson(args),
      environment,
      messages,
    });
  } finally {
    interrupts.stop();
  }
}

async function runCommand(
  command: Command,
  args: readonly string[],
  around: { environment: Environment; messages: Messages; signal: AbortSignal },
): Promise<ExitCode> {
  const { environment, messages } = around;
  const { arguments: words, options } = parseLine(command, args, messages);
  if (options.flag('help')) {
    await writeLines(commandHelp(command, messages));
    return exitCodes.done;
  }
  const implied = command.documentInPipe === true && !environment.stdout.isTerminal;
  const json = options.flag('json') || implied;
  const output = openOutput({ json, quiet: options.flag('quiet'), environment });
  const { run } = await command.load();
  await run({ command, arguments: words, options, output, ...around });
  return exitCodes.done;
}

/** `vitte`, `vitte GROUP`, and both with --help or --version. */
async function explainGroup(
  group: string,
  rest: readonly string[],
  messages: Messages,
): Promise<ExitCode> {
  const { noSubcommand, seeHelp, unknownOption } = messages.usage;
  const name = group === '' ? 'vitte' : `vitte ${group}`;
  const strange = rest.find((arg) => !flagsWithoutCommand.has(arg));
  if (strange !== undefined) throw usageError(unknownOption(strange), seeHelp(name));
  const asked = rest.includes('--help') || rest.includes('-h');
  if (rest.includes('--version') || rest.includes('-V')) {
    await writeLines([`vitte ${packageVersion()}`]);
  } else if (group === '') await writeLines(overview(messages));
  else if (asked) await writeLines(groupHelp(group, messages));
  else throw usageError(noSubcommand(group), seeHelp(name));
  return exitCodes.done;
}

function categoryOf(args: readonly string[]): Category {
  const word = args.find((arg) => !arg.startsWith('-'));
  return word === 'registry' || word === 'package' || word === 'key' ? word : 'vitte';
}

function writeLines(lines: readonly string[]): Promise<void> {
  return writeOut(lines.map((line) => `${line}\n`).join(''));
}
