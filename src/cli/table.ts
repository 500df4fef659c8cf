import { displayWidth, fitted, printable } from './printable.ts';

const gap = 2;
const lastColumnMin = 10;

/**
 * Lines of a table for a terminal of this width: columns aligned, the last one cut where it does not fit.
 * Cells are made printable.
 */
export function tableLines(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
): string[] {
  const cells = [header, ...rows].map((row) => row.map(printable));
  const widths = header.map((_, index) =>
    cells.reduce((most, row) => Math.max(most, displayWidth(row[index] ?? '')), 0),
  );
  const last = header.length - 1;
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + gap, 0);
  const room = Math.max(columns - before, lastColumnMin);
  return cells.map((row) =>
    row
      .map((cell, index) => {
        if (index === last) return fitted(cell, room);
        return cell + ' '.repeat((widths[index] ?? 0) - displayWidth(cell) + gap);
      })
      .join('')
      .trimEnd(),
  );
}

/** One line of tab-separated cells; what they hold of tabs and line ends is escaped. */
export function tabLine(row: readonly string[]): string {
  return row.map(printable).join('\t');
}
