import type { Invocation } from './command.ts';
import { fitted, printable } from './printable.ts';
import { barLine, type Progress } from './progress.ts';

const redrawMs = 200;
/** Where there is no terminal, a line now and then. */
const lineMs = 10_000;

/**
 * How far long work has come, how fast it goes and how long it will take: a bar on a terminal, else a line every ten
 * seconds, both on standard error and neither with --quiet. What was done before the first call does not count as
 * done in this time.
 */
export function showPace(invocation: Invocation, label: string): Progress {
  const { environment, output, messages } = invocation;
  const { isTerminal, columns } = environment.stderr;
  if (output.quiet) return { at() {}, end() {} };
  const { pace, paceLine } = messages.upkeep;
  const startedAt = performance.now();
  let first: number | undefined;
  let shownAt = isTerminal ? Number.NEGATIVE_INFINITY : startedAt;
  let drawn = false;

  return {
    at(done, total) {
      first ??= done;
      const now = performance.now();
      if (now - shownAt < (isTerminal ? redrawMs : lineMs)) return;
      shownAt = now;
      const perSecond = ((done - first) * 1000) / Math.max(1, now - startedAt);
      const left = perSecond > 0 ? durationText((total - done) / perSecond) : '…';
      const words = pace({ perSecond: perSecond.toFixed(0), left });
      if (!isTerminal) {
        const counts = { done: String(done), total: String(total) };
        process.stderr.write(`${printable(paceLine({ label, ...counts, pace: words }))}\n`);
        return;
      }
      drawn = true;
      const bar = barLine(label, done, total, columns - words.length - 2);
      process.stderr.write(`\r${fitted(`${bar}  ${words}`, columns)}\x1b[K`);
    },
    end() {
      if (drawn) process.stderr.write('\r\x1b[K');
      drawn = false;
    },
  };
}

/** A time that is left, such as `2:05` or `1:02:05`. */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown
    .map((part, at) => (at === 0 ? String(part) : String(part).padStart(2, '0')))
    .join(':');
}
