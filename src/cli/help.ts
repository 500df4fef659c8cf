import type { ArgumentRow, Command, OptionRow } from './command.ts';
import { commands, globalOptions } from './commands.ts';
import type { Messages } from './messages/en.ts';

const columnGap = 2;

/** What `vitte --help` prints. */
export function overview(messages: Messages): string[] {
  const { help, groups, tagline, options } = messages;
  const groupRows = Object.entries(groups).flatMap(([group, summary]) => {
    const rows = commandRows(`${group} `, messages);
    return rows.length === 0 ? [] : ['', `${group}: ${summary}`, ...aligned(rows)];
  });
  const single = commands.filter(({ path }) => !path.includes(' '));
  return [
    `vitte: ${tagline}`,
    '',
    `${help.usage}: vitte COMMAND [OPTION…]`,
    ...groupRows,
    '',
    `${help.commands}:`,
    ...aligned(single.map(({ path }) => [`vitte ${path}`, messages.commands[path]])),
    '',
    `${help.globalOptions}:`,
    ...aligned([...optionRows(globalOptions, messages), ['--version', options.version]]),
    '',
    help.more,
  ];
}

/** What `vitte GROUP --help` prints. */
export function groupHelp(group: string, messages: Messages): string[] {
  const { help, groups } = messages;
  return [
    `vitte ${group}: ${groups[group as keyof Messages['groups']]}`,
    '',
    `${help.usage}: vitte ${group} COMMAND [OPTION…]`,
    '',
    `${help.commands}:`,
    ...aligned(commandRows(`${group} `, messages)),
    '',
    help.more,
  ];
}

/** What `vitte COMMAND --help` prints. */
export function commandHelp(command: Command, messages: Messages): string[] {
  const { help } = messages;
  const own =
    command.options.length === 0
      ? []
      : ['', `${help.options}:`, ...aligned(optionRows(command.options, messages))];
  return [
    `vitte ${command.path}: ${messages.commands[command.path]}`,
    '',
    `${help.usage}: ${usageLine(command)}`,
    ...own,
    '',
    `${help.globalOptions}:`,
    ...aligned(optionRows(globalOptions, messages)),
    '',
    `${help.examples}:`,
    ...command.examples.map((example) => `  ${example}`),
  ];
}

/** The command with the forms of its arguments, such as `vitte registry info NAME[@REQ] [OPTION…]`. */
export function usageLine(command: Command): string {
  const words = ['vitte', command.path, ...command.arguments.map(argumentForm)];
  if (command.options.length > 0) words.push('[OPTION…]');
  return words.join(' ');
}

/** An option as help and spec write it, such as `-o, --output FILE`. */
export function optionForm({ name, short, value }: OptionRow): string {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`;
  return short === undefined ? long : `-${short}, ${long}`;
}

function argumentForm({ form, required, choices }: ArgumentRow): string {
  const shown = choices ? choices.join('|') : form;
  return required ? shown : `[${shown}]`;
}

function commandRows(prefix: string, messages: Messages): [string, string][] {
  return commands
    .filter(({ path }) => path.startsWith(prefix))
    .map(({ path }) => [`vitte ${path}`, messages.commands[path]]);
}

function optionRows(rows: readonly OptionRow[], messages: Messages): [string, string][] {
  return rows.map((row) => [optionForm(row), messages.options[row.summary]]);
}

function aligned(rows: readonly [string, string][]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + columnGap;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`);
}
