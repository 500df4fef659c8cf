/** Languages that texts are made in; the first where none is asked for. */
const languages = ['en', 'fr'] as const;
export type Language = (typeof languages)[number];

const headerLengthMax = 1_000;

const partForm =
  /^\s*(\*|[A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,40})?\s*(?:;\s*[qQ]\s*=\s*([01](?:\.\d{0,3})?)\s*)?$/;

/**
 * The language that an Accept-Language header prefers of those there are, the first of equals (RFC 9110, 12.5.4);
 * `fr-CA` is French, and `*` each one that is not named.
 */
export function preferredLanguage(header: string | undefined): Language {
  const weights = new Map<string, number>();
  for (const part of (header ?? '').slice(0, headerLengthMax).split(',')) {
    const [, tag = '', weight = '1'] = partForm.exec(part) ?? [];
    const named = languages.filter((language) => language === tag.toLowerCase());
    for (const language of tag === '*' ? ['*'] : named) {
      weights.set(language, Math.max(weights.get(language) ?? 0, Number(weight)));
    }
  }
  const others = languages.filter((language) => !weights.has(language));
  let best: Language = languages[0];
  let bestWeight = 0;
  for (const [range, weight] of weights) {
    const [language] = range === '*' ? others : languages.filter((one) => one === range);
    if (language === undefined || weight <= bestWeight) continue;
    best = language;
    bestWeight = weight;
  }
  return best;
}
