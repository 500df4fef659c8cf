// Other forms in which a word of English or French may stand in a text, as far as they can be told from its letters
// alone. A form that is no word meets nothing.

/** Endings of one number and of the other. The first that fits says it all. */
const pluralEndings: readonly [plural: string, singular: string][] = [
  ['ies', 'y'],
  ['sses', 'ss'],
  ['ches', 'ch'],
  ['shes', 'sh'],
  ['xes', 'x'],
  ['eaux', 'eau'],
  ['eux', 'eu'],
  ['aux', 'al'],
  ['ss', 'ss'],
  ['us', 'us'],
  ['is', 'is'],
  ['s', ''],
];
const singularEndings: readonly [singular: string, plural: string][] = [
  ['eau', 'eaux'],
  ['eu', 'eux'],
  ['al', 'aux'],
];
const consonantAndY = /[^aeiou]y$/;
/** What English doubles before `ing`: `logging` comes of `log`. */
const doubledAndIng = /(.*([bdgklmnprt]))\2ing$/;
/** Shorter words have too many neighbours. */
const formCharsMin = 4;
const stemCharsMin = 4;
const undoubledCharsMin = 3;

/**
 * Other forms of a word: the other number, and what a doubled letter before `ing` hides. A form that only adds letters
 * is not among them: it begins with the word and is met by that.
 */
export function otherForms(word: string): string[] {
  if (word.length < formCharsMin) return [];
  const [, undoubled = ''] = doubledAndIng.exec(word) ?? [];
  if (undoubled.length >= undoubledCharsMin) return [undoubled];
  for (const [plural, singular] of pluralEndings) {
    if (!word.endsWith(plural)) continue;
    return plural === singular ? [] : [word.slice(0, -plural.length) + singular];
  }
  if (consonantAndY.test(word)) return [`${word.slice(0, -1)}ies`];
  for (const [singular, plural] of singularEndings) {
    if (word.endsWith(singular)) return [word.slice(0, -singular.length) + plural];
  }
  return [];
}

/** What other words of the same family begin with: `pars` for `parsing`, which `parse` and `parser` begin with. */
export function stemOf(word: string): string | undefined {
  const stem = word.endsWith('ing') ? word.slice(0, -'ing'.length) : '';
  return stem.length >= stemCharsMin ? stem : undefined;
}
