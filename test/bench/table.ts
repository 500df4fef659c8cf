import { type Figure, isMet } from './row.ts';

export type MeasuredRow = { row: string; heldTo: string; figures: Figure[]; seconds: number };

/** The figures for a person: one line each, and below it what bounds it. */
export function tableOf(rows: readonly MeasuredRow[]): string {
  const lines = rows.flatMap(({ row, figures }) => figures.map((figure) => lineOf(row, figure)));
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...lines.map(({ cells }) => cells[column]!.length), 0),
  );
  return lines
    .map(({ cells, bound }) => {
      const line = cells.map((cell, column) => cell.padEnd(widths[column]!)).join('  ');
      return `${line.trimEnd()}\n    ${bound}\n`;
    })
    .join('');
}

function lineOf(row: string, figure: Figure) {
  const { pair, value, unit, held, bound } = figure;
  const { median, min, max } = value;
  const met = isMet(figure);
  const target =
    held === undefined
      ? 'held to nothing'
      : `${'atLeast' in held ? `≥ ${held.atLeast}` : `≤ ${held.atMost}`} ${unit}`;
  const verdict = met === undefined ? '' : met ? 'met' : 'NOT MET';
  const shown = `${short(median)} ${unit} (${short(min)}–${short(max)})`;
  return { cells: [`${row}: ${pair}`, shown, target, verdict], bound };
}

function short(number: number): string {
  return number >= 100 ? number.toFixed(0) : number.toPrecision(3);
}
