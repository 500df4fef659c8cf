import type { Command, OptionRow } from '../command.ts';
import { commands, globalOptions } from '../commands.ts';
import type { Messages } from '../messages/en.ts';

/** A word that may come next, and what it is for. */
export type Word = { word: string; summary: string };

/** What may follow the words `path`. */
export type Level = {
  path: string;
  words: Word[];
  /** Options whose value is a path: files are offered after them. */
  pathOptions: string[];
  /** Whether an argument of the command may be a file. */
  files: boolean;
};

/** The names under which the command is called, with the words that each stands for. */
export const programs: Readonly<Record<string, string>> = {
  vitte: '',
  'vitte-registry': 'registry',
  'vitte-package': 'package',
  'vitte-key': 'key',
};

/** All levels, the longest path first, so that the first that fits is the right one. */
export function completionLevels(messages: Messages): Level[] {
  const groups = Object.entries(messages.groups);
  const top = [
    ...groups.map(([word, summary]) => ({ word, summary })),
    ...commands
      .filter(({ path }) => !path.includes(' '))
      .map(({ path }) => ({ word: path, summary: messages.commands[path] })),
    { word: '--version', summary: messages.options.version },
    { word: '--help', summary: messages.options.help },
  ];
  return [
    ...commands.map((command) => levelOf(command, messages)),
    ...groups.map(([group]) => levelOfGroup(group, messages)),
    { path: '', words: top, pathOptions: [], files: false },
  ].sort((a, b) => b.path.length - a.path.length);
}

function levelOfGroup(group: string, messages: Messages): Level {
  const words = commands
    .filter(({ path }) => path.startsWith(`${group} `))
    .map(({ path }) => ({
      word: path.slice(group.length + 1),
      summary: messages.commands[path],
    }));
  const help = { word: '--help', summary: messages.options.help };
  return { path: group, words: [...words, help], pathOptions: [], files: false };
}

function levelOf(command: Command, messages: Messages): Level {
  const rows = [...command.options, ...globalOptions];
  const choices = command.arguments.flatMap(({ choices = [] }) => [...choices]);
  const options = rows.flatMap((row) =>
    optionWords(row).map((word) => ({ word, summary: messages.options[row.summary] })),
  );
  return {
    path: command.path,
    words: [...choices.map((word) => ({ word, summary: '' })), ...options],
    pathOptions: rows
      .filter(({ value }) => value === 'FILE' || value === 'DIR')
      .flatMap(optionWords),
    files: command.arguments.some(({ form }) => /FILE|DIR/.test(form)),
  };
}

function optionWords({ name, short }: OptionRow): string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
}
