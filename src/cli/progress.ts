import type { Invocation } from './command.ts';
import { displayWidth, fitted, printable } from './printable.ts';

export type Progress = {
  /** So much of the whole is done. */
  at(done: number, total: number): void;
  /** Clears the line. */
  end(): void;
};

const redrawMs = 80;
const barColumns = 24;

/** A bar on standard error, for a terminal and without --quiet; otherwise nothing. */
export function showProgress(
  { environment, output }: Pick<Invocation, 'environment' | 'output'>,
  label: string,
): Progress {
  const { isTerminal, columns } = environment.stderr;
  if (!isTerminal || output.quiet) return { at() {}, end() {} };
  let drawnAt = -Infinity;
  let drawn = false;
  return {
    at(done, total) {
      const now = performance.now();
      if (now - drawnAt < redrawMs && done < total) return;
      drawnAt = now;
      drawn = true;
      process.stderr.write(`\r${barLine(label, done, total, columns)}\x1b[K`);
    },
    end() {
      if (drawn) process.stderr.write('\r\x1b[K');
      drawn = false;
    },
  };
}

/** Passes bytes on and shows how many of `total` have gone by. */
export async function* withProgress(
  source: AsyncIterable<Uint8Array>,
  total: number,
  progress: Progress,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const piece of source) {
    done += piece.length;
    progress.at(done, total);
    yield piece;
  }
}

/** One line such as `sending ██████      50 %`, within the columns. */
export function barLine(label: string, done: number, total: number, columns: number): string {
  const part = total > 0 ? Math.min(done / total, 1) : 0;
  const percent = `${Math.floor(part * 100)} %`.padStart(6);
  const text = printable(label);
  const room = columns - displayWidth(text) - percent.length - 2;
  const width = Math.min(barColumns, room);
  if (width < 4) return fitted(`${text}${percent}`, columns);
  const filled = Math.round(part * width);
  return `${text} ${'█'.repeat(filled)}${' '.repeat(width - filled)}${percent}`;
}

const units = ['B', 'KiB', 'MiB', 'GiB'] as const;

/** A size for people, such as `1.5 MiB`. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
