// In which order hits come. Each has a key, more first, and equal keys follow by name: the place of a hit among all
// others, present and to come, so that a page can begin behind the last row of the one before.
import { VitteError } from '../core/errors.ts';
import { isPackageName, type PackageName } from '../core/name.ts';
import { correctedNameValuesMin, nameValuesMin, uncorrectedValuesMin } from './search-matches.ts';
import type { SearchSort } from './search-port.ts';
import type { Columns } from './search-table.ts';

/** How a hit fits the whole query, the best last. */
export const tiers = {
  corrected: 1,
  words: 2,
  nameBegins: 3,
  sameName: 4,
  exactName: 5,
} as const;

// A score is made of digits, from the last to the first: how fresh a package is, how much of its name was asked for,
// how much it is used, how well its words fit, that it is not deprecated, the tier, that it is not yanked. So none ever
// outweighs the one before it; and a double holds them all.
const freshnessEnd = 1 << 14;
const shareUnit = freshnessEnd;
const shareEnd = 1 << 6;
const popularityUnit = shareUnit * shareEnd;
const popularityEnd = 1 << 5;
const fitUnit = popularityUnit * popularityEnd;
const fitEnd = 1 << 6;
const currentUnit = fitUnit * fitEnd;
const tierUnit = currentUnit * 2;
const standingUnit = tierUnit * 8;

const dayMs = 24 * 60 * 60 * 1_000;
const freshFrom = Date.parse('2020-01-01T00:00:00Z');

export type Standing = {
  /** True where every version is yanked. */
  isYanked: boolean;
  isDeprecated: boolean;
  downloads: number;
  /** Milliseconds. */
  updatedAt: number;
};

/** What a package itself adds to every score. */
export function packagePart(standing: Standing): number {
  const { isYanked, isDeprecated, downloads, updatedAt } = standing;
  const days = Math.floor((updatedAt - freshFrom) / dayMs);
  return (
    (isYanked ? 0 : standingUnit) +
    (isDeprecated ? 0 : currentUnit) +
    popularityUnit * Math.min(Math.floor(Math.log2(1 + downloads)), popularityEnd - 1) +
    Math.min(Math.max(0, days), freshnessEnd - 1)
  );
}

/**
 * What a query adds. `nameTier` is the tier by the name alone, 0 where that says nothing; `fit`, from 0 to 1, how well
 * the words are met; `least` the match of the one met least; `share`, from 0 to 1, how much of the name was asked for.
 */
export function queryPart(nameTier: number, fit: number, least: number, share: number): number {
  const isCorrected = least < uncorrectedValuesMin;
  const tier = nameTier > 0 ? nameTier : isCorrected ? tiers.corrected : tiers.words;
  const inName = nameTier > 0 || least >= (isCorrected ? correctedNameValuesMin : nameValuesMin);
  return (
    tier * tierUnit +
    Math.floor(fit * (fitEnd - 1)) * fitUnit +
    (inName ? Math.floor(share * (shareEnd - 1)) * shareUnit : 0)
  );
}

/** A score as it is shown: the tier before the point, 8 more where not every version is yanked. */
export function scoreOf(parts: number): number {
  return parts / tierUnit;
}

/** By what a slot stands in an order other than that of relevance; 0 for all where the name alone decides. */
export function columnKey(sort: SearchSort, slot: number, columns: Columns): number {
  switch (sort) {
    case 'updated':
      return columns.updatedAt[slot]!;
    case 'created':
      return columns.createdAt[slot]!;
    case 'downloads':
      return columns.downloads[slot]!;
    default:
      return 0;
  }
}

/** Which hits a search looks for: those that meet every word as typed, or with typos, or at least so many words. */
export type Mode = 'typed' | 'corrected' | number;

/** The last row of a page. */
export type Place = { mode: Mode; key: number; name: PackageName };

/** A place as text. */
export function formatPlace({ mode, key, name }: Place): string {
  return JSON.stringify([mode, key, name]);
}

/** The place that `formatPlace` wrote. Throws PKG_E_REQUEST for another text. */
export function parsePlace(text: string): Place {
  const [mode, key, name] = listOf(text);
  const isMode = mode === 'typed' || mode === 'corrected' || Number.isSafeInteger(mode);
  if (isMode && typeof key === 'number' && typeof name === 'string' && isPackageName(name)) {
    return { mode: mode as Mode, key, name };
  }
  throw new VitteError('PKG_E_REQUEST', 'the place to go on from is not one that a page gave', {
    data: { parameter: 'cursor' },
  });
}

/** True where a hit comes behind a place. */
export function isBehind(key: number, name: PackageName, place: Place): boolean {
  return key < place.key || (key === place.key && name > place.name);
}

function listOf(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
