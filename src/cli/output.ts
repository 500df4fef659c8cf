import { VitteError } from '../core/errors.ts';
import { canonicalJson } from '../core/json.ts';
import type { Environment, Terminal } from './environment.ts';
import { printable } from './printable.ts';
import { tabLine, tableLines } from './table.ts';

/** What a command answers, as one JSON document; `status` is "ok" where it does not say otherwise. */
export type AnswerDocument = { schema: string; status?: 'ok' | 'error' } & Record<string, unknown>;

/** Where the answer for people and pipes is written, line by line. Everything is made printable. */
export type Paper = {
  /** True on a terminal, where a table or a title helps. */
  readonly forPeople: boolean;
  line(text: string): void;
  title(text: string): void;
  /** A table on a terminal, tab-separated lines without header in a pipe. */
  table(header: readonly string[], rows: readonly (readonly string[])[]): void;
};

export type Output = {
  /** True where the answer is one JSON document. */
  readonly json: boolean;
  readonly quiet: boolean;
  /** The one answer of a command: its document, or what `print` writes. */
  answer(document: AnswerDocument, print: (paper: Paper) => void): Promise<void>;
  /** Bytes on standard output, as they are. */
  bytes(source: AsyncIterable<Uint8Array> | Uint8Array): Promise<void>;
  /** Text on standard output as it is: ours, such as a completion script. */
  text(text: string): Promise<void>;
  /** A remark on standard error, unless --quiet. */
  note(text: string): void;
  /** A warning on standard error, also with --quiet. */
  warn(text: string): void;
};

export type OutputOptions = { json: boolean; quiet: boolean; environment: Environment };

/** Standard output and standard error for one command. */
export function openOutput({ json, quiet, environment }: OutputOptions): Output {
  const { stdout, stderr } = environment;
  return {
    json,
    quiet,
    async answer(document, print) {
      if (json) return writeOut(canonicalJson({ status: 'ok', ...document }, 2));
      const lines: string[] = [];
      print(paperOn(stdout, lines));
      return writeOut(lines.map((line) => `${line}\n`).join(''));
    },
    async bytes(source) {
      if (source instanceof Uint8Array) return writeOut(source);
      for await (const piece of source) await writeOut(piece);
    },
    text: writeOut,
    note(text) {
      if (!quiet) process.stderr.write(`${painted(printable(text), 'dim', stderr)}\n`);
    },
    warn(text) {
      process.stderr.write(`${painted('!', 'yellow', stderr)} ${printable(text)}\n`);
    },
  };
}

const styles = { bold: [1, 22], dim: [2, 22], red: [31, 39], yellow: [33, 39] };

/** The text in a style, where the terminal has colours. */
export function painted(text: string, style: keyof typeof styles, terminal: Terminal): string {
  const [on, off] = styles[style];
  return terminal.colour ? `\x1b[${on}m${text}\x1b[${off}m` : text;
}

/** Writes to standard output, no faster than it is read. A reader that has gone is no error. Throws PKG_E_FILE. */
export function writeOut(content: string | Uint8Array): Promise<void> {
  return new Promise((done, fail) => {
    if (content.length === 0) return done();
    process.stdout.write(content, (cause) => {
      if (!cause || isClosedPipe(cause)) return done();
      const code = 'code' in cause ? ` (${cause.code})` : '';
      fail(new VitteError('PKG_E_FILE', `cannot write to standard output${code}`, { cause }));
    });
  });
}

/** Lets a reader of standard output or standard error leave early (`| head`); `writeOut` tells what else fails. */
export function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

function isClosedPipe(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');
}

function paperOn(terminal: Terminal, lines: string[]): Paper {
  return {
    forPeople: terminal.isTerminal,
    line: (text) => void lines.push(printable(text)),
    title: (text) => void lines.push(painted(printable(text), 'bold', terminal)),
    table(header, rows) {
      // Line by line: a registry may have more packages than a call has room for arguments.
      if (!terminal.isTerminal) {
        for (const row of rows) lines.push(tabLine(row));
        return;
      }
      const printed = tableLines(header, rows, terminal.columns);
      const [head] = header.length > 0 ? printed.splice(0, 1) : [];
      if (head !== undefined) lines.push(painted(head, 'bold', terminal));
      for (const line of printed) lines.push(line);
    },
  };
}
