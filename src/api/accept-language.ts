import type { Language } from '../resolve/sentences.ts';

const languages: readonly Language[] = ['en', 'fr'];

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
    const range = tag.toLowerCase();
    weights.set(range, Math.max(weights.get(range) ?? 0, Number(weight)));
  }
  let best: Language = 'en';
  let bestWeight = 0;
  for (const [range, weight] of weights) {
    const found = languages.find((one) => (range === '*' ? !weights.has(one) : one === range));
    if (found === undefined || weight <= bestWeight) continue;
    best = found;
    bestWeight = weight;
  }
  return best;
}
