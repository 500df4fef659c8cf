// Answers queries from the parts of a search.
import type { PackageName } from '../core/name.ts';
import { bestOf } from './best.ts';
import { grownTo } from './search-arrays.ts';
import { openSieve } from './search-conditions.ts';
import { highlightsOf } from './search-highlights.ts';
import { matchValueMax, uncorrectedValuesMin } from './search-matches.ts';
import {
  columnKey,
  formatPlace,
  isBehind,
  type Mode,
  type Place,
  parsePlace,
  queryPart,
  scoreOf,
  tiers,
} from './search-order.ts';
import type { SearchParts } from './search-parts.ts';
import type {
  Highlights,
  SearchHit,
  SearchPage,
  SearchRequest,
  SearchSort,
} from './search-port.ts';
import { parseQuery, type SearchQuery } from './search-query.ts';
import { openTally, type Slots } from './search-tally.ts';

/** Where so many packages meet the words as they were typed, typos are not looked for. */
const enoughHits = 10;

export type Answers = { answer(request: SearchRequest): SearchPage };

/** What a query found: the hits are the first `count` of the tally's. */
type Found = { query: SearchQuery; mode: Mode; count: number };

export function openAnswers({ table, postings, names, facts, facets }: SearchParts): Answers {
  const tally = openTally(postings);
  const sieve = openSieve(table, facts, postings);
  /** By slot, for the hits of the query at hand. */
  let keys = new Float64Array();
  let rest = new Int32Array();

  return {
    answer(request) {
      const { text, limit, sort = 'relevance', after, facets: asked = [] } = request;
      const query = parseQuery(text);
      const place = after === undefined ? undefined : parsePlace(after);
      const found = find(query, request.namespace, place?.mode);
      const partsOf = scoreParts(query);
      const behind = sortKeys(found, place, keyFunction(sort, partsOf));
      const slots = bestOf(rest.subarray(0, behind), limit, compareSlots);
      const last = slots.at(-1);
      return {
        hits: slots.map((slot) => hit(slot, query, partsOf)),
        total: found.count,
        next:
          last === undefined || behind === slots.length
            ? undefined
            : formatPlace({ mode: found.mode, key: keys[last]!, name: nameOf(last) }),
        ...(asked.length > 0 ? { facets: facets.count(tally.found.hits, found.count, asked) } : {}),
      };
    },
  };

  function find(query: SearchQuery, namespace: string | undefined, mode: Mode | undefined): Found {
    const slots = slotsOf(query, namespace);
    if (query.words.length === 0) {
      const isAsked = query.isBlank || query.conditions.length > 0 || query.excluded.length > 0;
      tally.ask(query, passing(slots));
      return { query, mode: 'typed', count: isAsked ? tally.meetAll() : 0 };
    }
    tally.ask(query, slots);
    if (typeof mode === 'number') return { query, mode, count: tally.meetMost(mode) };
    if (mode !== 'corrected') {
      const count = tally.meetEvery(false);
      if (mode === 'typed' || count >= enoughHits) return { query, mode: 'typed', count };
    }
    const count = tally.meetEvery(true);
    if (count > 0 || mode === 'corrected' || query.words.length === 1) {
      return { query, mode: 'corrected', count };
    }
    const met = tally.meetMost();
    return { query, mode: met > 0 ? tally.found.counts[tally.found.hits[0]!]! : 1, count: met };
  }

  function slotsOf(query: SearchQuery, namespace: string | undefined): Slots {
    const conditions = [...query.conditions];
    if (namespace !== undefined) {
      conditions.push({ isExcluded: false, facts: [`namespace:${namespace}`] });
    }
    if (conditions.length === 0 && query.excluded.length === 0) return { end: table.end };
    sieve.set(conditions, query.excluded);
    return { end: table.end, passes: sieve.passes };
  }

  /** Words are said by packages that are there; without words, free slots have to be left out. */
  function passing({ end, passes = () => true }: Slots): Required<Slots> {
    const { scorePart } = table.columns;
    return { end, passes: (slot) => scorePart[slot] !== 0 && passes(slot) };
  }

  /** Notes the key of every hit, and those behind the place in `rest`; gives how many these are. */
  function sortKeys(found: Found, place: Place | undefined, keyOf: (slot: number) => number) {
    keys = grownTo(keys, table.end);
    rest = grownTo(rest, found.count);
    const { hits } = tally.found;
    let count = 0;
    for (let at = 0; at < found.count; at += 1) {
      const slot = hits[at]!;
      const key = keyOf(slot);
      keys[slot] = key;
      if (!place || isBehind(key, nameOf(slot), place)) rest[count++] = slot;
    }
    return count;
  }

  function keyFunction(sort: SearchSort, partsOf: (slot: number) => number) {
    if (sort === 'relevance') return partsOf;
    return (slot: number) => columnKey(sort, slot, table.columns);
  }

  /** The score of a hit, before it is shown. */
  function scoreParts({ text, slug, words, optional }: SearchQuery): (slot: number) => number {
    const nameTiers = names.tiersOf(slug, table.end);
    const exact = words.length === 0 ? undefined : table.slotOf(text as PackageName);
    if (exact !== undefined) nameTiers[exact] = tiers.exactName;
    const best = matchValueMax * (words.length + optional.length);
    const { length } = slug;
    const { scorePart, nameChars } = table.columns;
    const { sums, leasts } = tally.found;
    if (best === 0) return (slot) => scorePart[slot]!;
    return (slot) => {
      const share = length / Math.max(length, nameChars[slot]!);
      const fit = sums[slot]! / best;
      return scorePart[slot]! + queryPart(nameTiers[slot]!, fit, leasts[slot]!, share);
    };
  }

  function hit(slot: number, query: SearchQuery, partsOf: (slot: number) => number): SearchHit {
    const row = table.row(slot)!;
    if (query.words.length === 0) return { row };
    const isCorrected = tally.found.leasts[slot]! < uncorrectedValuesMin;
    const name = highlightsOf(row.name, query, isCorrected);
    const description = highlightsOf(row.description ?? '', query, isCorrected);
    const highlights: Highlights = {
      ...(name.length > 0 ? { name } : {}),
      ...(description.length > 0 ? { description } : {}),
    };
    return { row, score: scoreOf(partsOf(slot)), highlights };
  }

  function compareSlots(a: number, b: number): number {
    return keys[b]! - keys[a]! || (nameOf(a) < nameOf(b) ? -1 : 1);
  }

  function nameOf(slot: number) {
    return table.row(slot)!.name;
  }
}
