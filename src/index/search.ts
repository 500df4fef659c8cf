// Search in process: an index of words made for this registry. Scores depend on the query and the package alone, so
// every replica orders alike whatever it took in before; and a query walks typed arrays, since short beginnings and
// typos meet tens of thousands of words.
import type { PackageName } from '../core/name.ts';
import { type Answers, openAnswers } from './search-answers.ts';
import { readmeWords, searchDocument } from './search-document.ts';
import { openFacets } from './search-facets.ts';
import { openFacts } from './search-facts.ts';
import { openNames } from './search-names.ts';
import type { SearchParts } from './search-parts.ts';
import type { Search } from './search-port.ts';
import { openPostings } from './search-postings.ts';
import { openTable } from './search-table.ts';

/** An empty search; `put` fills it. */
export function openSearch(): Search {
  let parts = openParts();
  let answers: Answers = openAnswers(parts);

  return {
    put(record) {
      const document = searchDocument(record);
      if (!document) {
        remove(record.name);
        return;
      }
      const { table, postings, names, facts, facets } = parts;
      const isNew = table.slotOf(record.name) === undefined;
      const slot = table.put(document);
      if (isNew) names.add(slot, record.name);
      postings.put(slot, 'own', document.words);
      facts.put(slot, document.facts);
      facets.put(slot, document.tags);
      if (table.indexedReadmes[slot] === document.readme) return;
      table.indexedReadmes[slot] = undefined;
      postings.put(slot, 'readme', new Map());
    },
    lacksReadme(name) {
      const slot = parts.table.slotOf(name);
      if (slot === undefined || parts.table.indexedReadmes[slot] !== undefined) return undefined;
      return parts.table.readmeOf(slot);
    },
    putReadme(name, digest, text) {
      const { table, postings } = parts;
      const slot = table.slotOf(name);
      if (slot === undefined || table.readmeOf(slot) !== digest) return;
      table.indexedReadmes[slot] = digest;
      postings.put(slot, 'readme', readmeWords(text));
    },
    putDownloads(name, count) {
      const slot = parts.table.slotOf(name);
      if (slot !== undefined) parts.table.putDownloads(slot, count);
    },
    clear() {
      parts = openParts();
      answers = openAnswers(parts);
    },
    names: () => parts.table.names(),
    size() {
      const { table, postings, names, facts, facets } = parts;
      const bytes = table.bytes + postings.bytes + names.bytes + facts.bytes + facets.bytes;
      return { packages: table.size, words: postings.dictionary.size, bytes };
    },
    search: (request) => answers.answer(request),
  };

  function remove(name: PackageName) {
    const { table, postings, names, facts, facets } = parts;
    const slot = table.slotOf(name);
    if (slot === undefined) return;
    postings.remove(slot);
    names.remove(slot);
    facts.put(slot, []);
    facets.put(slot, []);
    table.remove(slot);
  }
}

function openParts(): SearchParts {
  return {
    table: openTable(),
    postings: openPostings(),
    names: openNames(),
    facts: openFacts({ withHolders: true }),
    facets: openFacets(),
  };
}
