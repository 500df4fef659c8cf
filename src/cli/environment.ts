import { vitteHome } from '../client/home.ts';
import type { Messages } from './messages/en.ts';

export type Terminal = {
  /** False for a pipe or a file. */
  isTerminal: boolean;
  /** Width in characters; only of a terminal. */
  columns: number;
  colour: boolean;
};

/** What surrounds the command: the one place where it reads variables and asks about terminals. */
export type Environment = {
  variables: Readonly<NodeJS.ProcessEnv>;
  cwd: string;
  stdout: Terminal;
  stderr: Terminal;
};

const columnsDefault = 80;

export function readEnvironment(): Environment {
  const { env } = process;
  return {
    variables: env,
    cwd: process.cwd(),
    stdout: terminalOf(process.stdout, env),
    stderr: terminalOf(process.stderr, env),
  };
}

/** The folder of credentials and keys. Throws PKG_E_CONFIG where there is no home. */
export function homeOf({ variables }: Environment): string {
  return vitteHome(variables);
}

/** True for a variable that is set to `1` or `true`. */
export function isOn(value: string | undefined): boolean {
  return value === '1' || value === 'true';
}

/** The messages in the user's language: French where the locale says so, else English. */
export async function loadMessages({ variables }: Environment): Promise<Messages> {
  const locale = variables.LC_ALL || variables.LC_MESSAGES || variables.LANG || '';
  if (/^fr(?:[_.@-]|$)/i.test(locale)) return (await import('./messages/fr.ts')).fr;
  return (await import('./messages/en.ts')).en;
}

function terminalOf(stream: NodeJS.WriteStream, variables: NodeJS.ProcessEnv): Terminal {
  const isTerminal = stream.isTTY === true;
  // https://no-color.org: any value that is not empty.
  const colour = isTerminal && !variables.NO_COLOR && variables.TERM !== 'dumb';
  return { isTerminal, columns: stream.columns || columnsDefault, colour };
}
