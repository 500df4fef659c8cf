import { parseArgs } from 'node:util';
import type { Command, OptionRow, Options } from './command.ts';
import { commands, globalOptions } from './commands.ts';
import type { Messages } from './messages/en.ts';
import { nearest } from './nearest.ts';
import { usageError } from './spoken-error.ts';

export type ParsedLine = { arguments: string[]; options: Options };

/** The commands that words name: one, or all of a group, or none. */
export type Match =
  | { command: Command; rest: string[] }
  | { group: string; rest: string[] }
  | { unknown: string };

const flagsBeforeCommand: ReadonlySet<string> = new Set([
  '--json',
  '--quiet',
  '-q',
  '--help',
  '-h',
]);

/** Finds the command that the arguments begin with; switches of every command may stand before it. */
export function matchCommand(args: readonly string[]): Match {
  const before: string[] = [];
  let words = '';
  for (const [index, arg] of args.entries()) {
    if (flagsBeforeCommand.has(arg)) {
      before.push(arg);
      continue;
    }
    if (arg.startsWith('-')) return { group: words, rest: [...before, ...args.slice(index)] };
    words = words === '' ? arg : `${words} ${arg}`;
    const command = commands.find(({ path }) => path === words);
    if (command) return { command, rest: [...before, ...args.slice(index + 1)] };
    if (!commands.some(({ path }) => path.startsWith(`${words} `))) return { unknown: words };
  }
  return { group: words, rest: before };
}

/** The error for words that name no command, with the nearest ones that do. */
export function unknownCommand(words: string, messages: Messages) {
  const names = nearest(words, [
    ...Object.keys(messages.groups),
    ...commands.map(({ path }) => path),
  ]);
  const { noCommand, didYouMean, seeHelp } = messages.usage;
  const help =
    names.length === 0 ? seeHelp('vitte') : didYouMean(names.map((name) => `"${name}"`).join(', '));
  return usageError(noCommand(words), help);
}

/** Reads what follows the command's words. Throws PKG_E_COMMAND. */
export function parseLine(
  command: Command,
  args: readonly string[],
  messages: Messages,
): ParsedLine {
  const rows = [...globalOptions, ...command.options];
  const { usage } = messages;
  const seeHelp = usage.seeHelp(`vitte ${command.path}`);
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options: Object.fromEntries(rows.map((row) => [row.name, parserRow(row)])),
    // Not strict: the errors are made here, in the user's language.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string | true | string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const row = rows.find(({ name }) => name === token.name);
    if (row === undefined) throw unknownOption(token.rawName);
    noteValue(row, token);
  }
  // Somebody who asks for help need not have given everything.
  if (!values.has('help')) checkArguments();
  return { arguments: positionals, options: optionsOf(values) };

  function noteValue(
    row: OptionRow,
    token: { rawName: string; value?: string | undefined; inlineValue?: boolean | undefined },
  ) {
    const { rawName, value } = token;
    if (row.value === undefined) {
      if (value !== undefined) throw usageError(usage.takesNoValue(rawName), seeHelp);
      values.set(row.name, true);
      return;
    }
    if (value === undefined) throw usageError(usage.needsValue(rawName, row.value), seeHelp);
    if (!token.inlineValue && value.startsWith('-') && value !== '-') {
      throw usageError(usage.needsValue(rawName, row.value), usage.dash);
    }
    if (value === '') throw usageError(usage.needsValue(rawName, row.value), seeHelp);
    if (row.choices && !row.choices.includes(value)) {
      throw usageError(usage.oneOf(rawName, row.choices.join(', ')), seeHelp);
    }
    const before = values.get(row.name);
    if (row.repeatable) values.set(row.name, [...(Array.isArray(before) ? before : []), value]);
    else if (before === undefined) values.set(row.name, value);
    else throw usageError(usage.twice(rawName), seeHelp);
  }

  function checkArguments() {
    for (const [index, row] of command.arguments.entries()) {
      const given = positionals[index];
      if (given === undefined && row.required) throw usageError(usage.missing(row.form), seeHelp);
      if (given !== undefined && row.choices && !row.choices.includes(given)) {
        throw usageError(usage.oneOf(row.form, row.choices.join(', ')), seeHelp);
      }
    }
    const extra = positionals[command.arguments.length];
    if (extra !== undefined && !command.arguments.at(-1)?.rest) {
      throw usageError(usage.tooMany(extra), seeHelp);
    }
  }

  function unknownOption(option: string) {
    const names = nearest(
      option,
      rows.map(({ name }) => `--${name}`),
    );
    const help = names.length === 0 ? seeHelp : usage.didYouMean(names.join(', '));
    return usageError(usage.unknownOption(option), help);
  }
}

/** Whether the arguments ask for JSON: needed for errors that come before they could be parsed. */
export function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).includes('--json');
}

function parserRow({ value, short }: OptionRow) {
  const type = value === undefined ? ('boolean' as const) : ('string' as const);
  return { type, multiple: true, ...(short === undefined ? {} : { short }) };
}

function optionsOf(values: ReadonlyMap<string, string | true | string[]>): Options {
  return {
    flag: (name) => values.get(name) === true,
    text(name) {
      const value = values.get(name);
      return typeof value === 'string' ? value : undefined;
    },
    list(name) {
      const value = values.get(name);
      return Array.isArray(value) ? value : [];
    },
    given: () => Object.fromEntries(values),
  };
}
