const distanceMax = 3;
const namesMax = 3;

/** The names that may have been meant: those nearest to the word, if they are near at all. */
export function nearest(word: string, names: readonly string[]): string[] {
  const near = names
    .map((name) => ({ name, distance: distanceOf(word, name) }))
    .filter(({ name, distance }) => distance <= Math.min(distanceMax, name.length / 2))
    .sort((a, b) => a.distance - b.distance);
  const best = near[0]?.distance;
  return near
    .filter(({ distance }) => distance === best)
    .slice(0, namesMax)
    .map(({ name }) => name);
}

/** Levenshtein's distance, of the first 60 characters. */
function distanceOf(left: string, right: string): number {
  const a = left.slice(0, 60);
  const b = right.slice(0, 60);
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const swap = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const change = Math.min(above[column] ?? 0, current[column - 1] ?? 0) + 1;
      current.push(Math.min(swap, change));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}
