// What a command is: the shape of the rows in commands.ts, and of what their modules are given.
import type { Environment } from './environment.ts';
import type { Messages } from './messages/en.ts';
import type { Output } from './output.ts';

/** What stands after `error[CODE]`. */
export type Category = 'registry' | 'package' | 'key' | 'vitte';

export type CommandPath = keyof Messages['commands'];

export type OptionRow = {
  name: string;
  short?: string;
  /** What the value is called in the help; an option without it is a switch. */
  value?: string;
  /** Everything that the value may be. */
  choices?: readonly string[];
  repeatable?: boolean;
  summary: keyof Messages['options'];
};

export type ArgumentRow = {
  /** As the usage line shows it, such as `NAME[@REQ]`. */
  form: string;
  required: boolean;
  /** Takes all that follow. */
  rest?: boolean;
  choices?: readonly string[];
};

export type Command = {
  path: CommandPath;
  category: Category;
  arguments: readonly ArgumentRow[];
  options: readonly OptionRow[];
  examples: readonly string[];
  /** A JSON document also where standard output is no terminal (vitte-commands.md). */
  documentInPipe?: boolean;
  /** The question is whether something verifies, so that broken integrity is the answer no. */
  verifies?: boolean;
  load: () => Promise<CommandModule>;
};

export type CommandModule = {
  /** Does the work and prints the answer; whatever is not done is thrown. */
  run(invocation: Invocation): Promise<void>;
};

/** What was said on the command line, checked against the command's row. */
export type Options = {
  flag(name: string): boolean;
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  /** Everything that was given, for commands that pass it on. */
  given(): Readonly<Record<string, string | boolean | readonly string[]>>;
};

export type Invocation = {
  command: Command;
  arguments: readonly string[];
  options: Options;
  environment: Environment;
  messages: Messages;
  output: Output;
  /** Aborts when the user interrupts. */
  signal: AbortSignal;
};
