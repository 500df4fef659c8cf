// What a row of the benchmark is. One file of this folder exports one; run.ts lists them.

export type Row = {
  /** How it is named on the command line. */
  name: string;
  /** What design and README hold it to, in words. */
  heldTo: string;
  run(context: BenchContext): Promise<Figure[]>;
};

export type BenchContext = {
  /** All sizes and counts as the page names them, where a tenth is the usual. */
  full: boolean;
  /** A folder of this row's own, removed after it. */
  folder: string;
  /** How many pairs are measured, A B A B. */
  pairs: number;
  /** Where the measured processes leave their `.cpuprofile` files; undefined where they are not watched. */
  profiles: string | undefined;
  /** Tells the person who waits, on standard error. */
  say(text: string): void;
};

/** Median, lowest and highest of some measurements. */
export type Spread = { median: number; min: number; max: number };

export type Figure = {
  /** What stands to what: `package document: ours / bare node:http`. */
  pair: string;
  /** Ratios have `×`; what is held to a number of its own has its unit. */
  unit: '×' | 'MB' | 'ms' | 'B';
  value: Spread;
  held?: { atLeast: number } | { atMost: number };
  /** What bounds it, from a profile (`--profile` writes it again). */
  bound: string;
  /** The two sides by themselves; they mean something only beside each other. */
  sides?: { unit: string; ours: Spread; peer: Spread };
};

/** True where the median is what the figure is held to; undefined where it is held to nothing. */
export function isMet({ value, held }: Figure): boolean | undefined {
  if (held === undefined) return undefined;
  return 'atLeast' in held ? value.median >= held.atLeast : value.median <= held.atMost;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}
