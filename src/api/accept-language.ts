/** Languages that texts are made in; the first where none is asked for. */
const languages = ['en', 'fr'] as const;
export type Language = (typeof languages)[number];

const headerLengthMax = 1_000;

/** The language that an Accept-Language header prefers of those there are (RFC 9110, 12.5.4); `fr-CA` is French. */
export function preferredLanguage(header: string | undefined): Language {
  let best: Language = languages[0];
  let bestWeight = 0;
  for (const part of (header ?? '').slice(0, headerLengthMax).split(',')) {
    const [, tag = '', weight = '1'] =
      /^\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,40})?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?$/.exec(
        part,
      ) ?? [];
    const found = languages.find((language) => language === tag.toLowerCase());
    if (found === undefined || Number(weight) <= bestWeight) continue;
    best = found;
    bestWeight = Number(weight);
  }
  return best;
}
