// Completion scripts, made from the table of commands: what a shell offers is what the command takes.
import type { Messages } from '../messages/en.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { completionLevels } from './levels.ts';
import { powershellScript } from './powershell.ts';
import { zshScript } from './zsh.ts';

const scripts = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
};

export type Shell = keyof typeof scripts;

/** The script that a shell reads to complete `vitte` and its aliases. */
export function completionScript(shell: Shell, messages: Messages): string {
  return scripts[shell](completionLevels(messages));
}
