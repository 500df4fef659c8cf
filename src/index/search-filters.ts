// The filters of a query: `kind:library`, `-license:MIT`, `keyword:"machine learning"`, `updated:>=2026-01-01`.
import { VitteError } from '../core/errors.ts';
import { isPackageName } from '../core/name.ts';
import { type SearchFilter, searchFilters } from './search-port.ts';
import { fold } from './search-words.ts';

/** As it was typed; its name in lower case. */
export type TypedFilter = { filter: string; value: string; isExcluded: boolean };

/** What a hit must fulfil, or, excluded, must not: to hold one of these facts, or to be of this time. */
export type Condition = { isExcluded: boolean } & ({ facts: string[] } | { updated: Period });

/** Milliseconds; `until` is not in it. */
export type Period = { from: number; until: number };

/** A package has one of these, or few: several values of one filter are alternatives. Of the others it has many. */
const alternatives: ReadonlySet<SearchFilter> = new Set(['kind', 'license', 'owner', 'namespace']);

export function isSearchFilter(name: string): name is SearchFilter {
  return (searchFilters as readonly string[]).includes(name);
}

/** The conditions that filters make together. Throws PKG_E_SEARCH_FILTER. */
export function conditionsOf(filters: readonly TypedFilter[]): Condition[] {
  const conditions: Condition[] = [];
  const together = new Map<SearchFilter, string[]>();
  for (const { filter, value, isExcluded } of filters) {
    if (!isSearchFilter(filter)) throw unknownFilter(filter);
    if (filter === 'updated') {
      conditions.push({ isExcluded, updated: periodOf(value) });
      continue;
    }
    const fact = `${filter}:${factValue(filter, value)}`;
    const others = isExcluded || !alternatives.has(filter) ? undefined : together.get(filter);
    if (others) {
      others.push(fact);
      continue;
    }
    const facts = [fact];
    if (!isExcluded) together.set(filter, facts);
    conditions.push({ isExcluded, facts });
  }
  return conditions;
}

/** The value as the facts of a package have it. */
function factValue(filter: Exclude<SearchFilter, 'updated'>, value: string): string {
  const folded = fold(value).trim();
  const name = folded.replaceAll('_', '-');
  switch (filter) {
    case 'kind':
      if (folded === 'binary' || folded === 'library') return folded;
      throw wrongValue(filter, value, 'kind:library or kind:binary');
    case 'depends':
      if (isPackageName(name)) return name;
      throw wrongValue(filter, value, 'depends:vitte-math or depends:roussov/vitte-math');
    case 'namespace':
      if (isPackageName(name) && !name.includes('/')) return name;
      throw wrongValue(filter, value, 'namespace:roussov');
    case 'license':
      if (folded !== '') return folded;
      throw wrongValue(filter, value, 'license:MIT');
    case 'owner':
      if (folded !== '') return folded;
      throw wrongValue(filter, value, 'owner:ann');
    case 'keyword':
      if (folded !== '') return folded;
      throw wrongValue(filter, value, 'keyword:json or keyword:"machine learning"');
  }
}

const periodForm =
  /^(>=|<=|>|<|=?)(?:(\d{4})(?:-(\d\d)(?:-(\d\d))?)?|(\d{4}-\d\d-\d\dt\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:z|[+-]\d\d:\d\d)))$/i;

/** A year, month, day or moment, in UTC, and what lies before or after it: `>` after its end, `>=` from its beginning on. */
function periodOf(value: string): Period {
  const [, sign = '', year, month, day, moment] = periodForm.exec(value.trim()) ?? [];
  const period = moment === undefined ? calendarPeriod(year, month, day) : momentPeriod(moment);
  if (!period) {
    throw wrongValue('updated', value, 'updated:>=2026-01-01, updated:<2026 or updated:2026-03');
  }
  const { from, until } = period;
  switch (sign) {
    case '>':
      return { from: until, until: Number.POSITIVE_INFINITY };
    case '>=':
      return { from, until: Number.POSITIVE_INFINITY };
    case '<':
      return { from: Number.NEGATIVE_INFINITY, until: from };
    case '<=':
      return { from: Number.NEGATIVE_INFINITY, until };
    default:
      return period;
  }
}

function calendarPeriod(year?: string, month?: string, day?: string): Period | undefined {
  if (year === undefined) return undefined;
  const [y, m, d] = [Number(year), Number(month ?? 1) - 1, Number(day ?? 1)];
  const from = Date.UTC(y, m, d);
  const date = new Date(from);
  const isThere =
    date.getUTCFullYear() === y && date.getUTCMonth() === m && date.getUTCDate() === d;
  if (!isThere) return undefined;
  if (day !== undefined) return { from, until: Date.UTC(y, m, d + 1) };
  return { from, until: month === undefined ? Date.UTC(y + 1) : Date.UTC(y, m + 1) };
}

function momentPeriod(moment: string): Period | undefined {
  const from = Date.parse(moment.toUpperCase());
  return Number.isNaN(from) ? undefined : { from, until: from + 1 };
}

function unknownFilter(filter: string) {
  const shown = JSON.stringify(`${filter.slice(0, 40)}:`);
  return new VitteError('PKG_E_SEARCH_FILTER', `there is no search filter ${shown}`, {
    help: `filters are ${searchFilters.map((name) => `${name}:`).join(' ')}; in quotes it is a word like others`,
    data: { filter: filter.slice(0, 40), filters: [...searchFilters] },
  });
}

function wrongValue(filter: SearchFilter, value: string, example: string) {
  const shown = JSON.stringify(value.slice(0, 100));
  return new VitteError('PKG_E_SEARCH_FILTER', `${filter}: has no value ${shown}`, {
    help: `write ${example}`,
    data: { filter, filters: [...searchFilters] },
  });
}
