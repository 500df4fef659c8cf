import { displayWidth, fitted, printable } from './printable.ts';

const gap = 2;
const lastColumnMin = 10;

/**
 * Lines of a table for a terminal of this width: columns aligned, the last one cut where it does not fit; of one
 * without a head the rows alone, uncut. Cells are made printable.
 */
export function tableLines(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
): string[] {
  const hasHead = header.length > 0;
  const cells = (hasHead ? [header, ...rows] : rows).map((row) => row.map(printable));
  const count = cells.reduce((most, row) => Math.max(most, row.length), 0);
  const widths = Array.from({ length: count }, (_, index) =>
    cells.reduce((most, row) => Math.max(most, displayWidth(row[index] ?? '')), 0),
  );
  const last = count - 1;
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + gap, 0);
  const room = Math.max(columns - before, lastColumnMin);
  return cells.map((row) =>
    row
      .map((cell, index) => {
        if (index === last) return hasHead ? fitted(cell, room) : cell;
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
