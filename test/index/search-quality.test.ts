// What a person would call right: queries on a small registry and what has to come first. A row is a judgement, made
// before the ranking was looked at; where `only` stands nothing else may come.
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { registryShelf } from './search-quality-packages.ts';
import { foundIn, shelvedSearch } from './shelved-search.ts';

const test = suite('search quality');

type Judgement = [query: string, first: string[], why: string, extent?: 'only'];

const judgements: Judgement[] = [
  ['json', ['json', 'json-schema', 'json-stream'], 'the exact name, then what begins so, by use'],
  ['json json', ['json', 'json-schema', 'json-stream'], 'a word said twice asks for nothing more'],
  ['JSON', ['json'], 'case says nothing'],
  ['jso', ['json'], 'not typed to the end'],
  ['js', ['json', 'json-schema'], 'two letters: by use'],
  ['json parser', ['json', 'fast-json'], 'a word of the name and one beside it'],
  ['parse json', ['json'], 'what it does and what with'],
  ['json library', ['json'], 'who writes library does not ask for the word'],
  ['fast json', ['fast-json'], 'both words, in the name'],
  ['fast json parser', ['fast-json'], 'all three words', 'only'],
  ['jsno', ['json'], 'letters changed places'],
  ['jason', ['json'], 'a letter too many'],
  ['RFC 8259', ['json'], 'words of a README', 'only'],
  ['http', ['http', 'http-client', 'http-server', 'http-x'], 'the exact name, then by use'],
  ['htpp', ['http', 'http-client', 'http-server'], 'a wrong letter: the whole family'],
  ['http client', ['http-client'], 'a space for the hyphen'],
  ['httpclient', ['http-client'], 'no hyphen'],
  ['client http', ['http-client'], 'another order'],
  ['web server', ['web-framework'], 'a word of the name and a keyword'],
  ['routing', ['router'], 'a keyword'],
  ['sql', ['sql-builder', 'sqlite', 'postgres'], 'the word, its beginning, a keyword'],
  ['database', ['postgres', 'sqlite'], 'keywords, by use'],
  ['databse', ['postgres', 'sqlite'], 'a letter left out'],
  ['databases', ['postgres', 'sqlite'], 'a plural for a singular'],
  ['postgre', ['postgres'], 'a beginning', 'only'],
  ['postgers', ['postgres'], 'letters changed places', 'only'],
  ['postgresql', ['postgres'], 'the name that the description uses'],
  ['mysql driver', ['mysql'], 'name and description', 'only'],
  [
    'math',
    ['roussov/vitte-math', 'vitte-math', 'bignum'],
    'a word of a name, by use; then keywords',
  ],
  ['maths', ['roussov/vitte-math', 'vitte-math'], 'as the English say'],
  ['mathématiques', ['roussov/vitte-math'], 'French, with its accent', 'only'],
  ['mathematiques', ['roussov/vitte-math'], 'French, without', 'only'],
  [
    'algebre',
    ['roussov/vitte-math', 'linear-algebra'],
    'without the accent; the English word is near',
  ],
  ['vitte-math', ['vitte-math', 'roussov/vitte-math'], 'the exact name first'],
  ['roussov/vitte-math', ['roussov/vitte-math'], 'the full name', 'only'],
  ['roussov', ['roussov/vitte-math', 'roussov/vitte-plot'], 'a namespace', 'only'],
  ['roussov math', ['roussov/vitte-math'], 'namespace and word', 'only'],
  ['vitte plot', ['roussov/vitte-plot'], 'who writes vitte need not'],
  ['matrices', ['roussov/vitte-math', 'linear-algebra'], 'English and French'],
  ['courbe', ['roussov/vitte-plot'], 'a singular for a plural', 'only'],
  ['utf8', ['utf-8', 'unicode'], 'no hyphen'],
  ['base64', ['base64'], 'base32 is no typo of it', 'only'],
  ['sha-256', ['sha256'], 'a hyphen too many', 'only'],
  ['hash', ['md5', 'sha256', 'crypto'], 'keywords before descriptions'],
  ['hashes', ['md5', 'sha256', 'crypto'], 'the same in the plural'],
  ['ssl', ['tls'], 'a keyword of three letters', 'only'],
  ['log', ['log', 'log-file', 'logger'], 'the exact name, the word, the beginning'],
  ['logging', ['log', 'log-file', 'logger', 'tracing'], 'what is done with it'],
  ['cli', ['cli'], 'the exact name before what begins so'],
  ['command line', ['cli'], 'words of a description'],
  ['terminal colours', ['ansi-colors'], 'words of a description, in their plural'],
  ['markdown to html', ['markdown'], 'a word that says nothing is none'],
  ['test', ['test-runner', 'mock'], 'the word of a name, a keyword that begins so'],
  ['paralell', ['parallel'], 'two letters that are often mistaken'],
  ['thread', ['thread-pool', 'parallel'], 'a word of a name, a keyword in the plural'],
  ['concurrency', ['async', 'parallel', 'thread-pool'], 'by use, then by name'],
  [
    'machine learning',
    ['machine-learning', 'neural-net', 'tensor'],
    'a name, then a keyword',
    'only',
  ],
  ['png image', ['png', 'image'], 'both, then both in the description'],
  ['serialization', ['serialize'], 'a keyword'],
  ['seralize', ['serialize'], 'a letter left out'],
  ['serial', ['serial', 'serialize'], 'the exact name, though less used'],
  ['translation', ['i18n'], 'a keyword', 'only'],
  ['traduire', ['traduction'], 'French', 'only'],
  ['calendrier francais', ['calendrier'], 'French, without its cedilla'],
  ['calendar', ['date-time', 'calendrier'], 'as typed before corrected'],
  ["bibliothèque d'outils", ['boite-a-outils'], 'French with an apostrophe', 'only'],
  ['boîte à outils', ['boite-a-outils'], 'a name in its own spelling', 'only'],
  ['archive', ['tar', 'zip'], 'keywords'],
  ['zip archive', ['zip'], 'name and keyword', 'only'],
  ['qr code', ['qrcode'], 'a space where the name has none', 'only'],
  ['make codes', ['qrcode', 'barcode'], 'the same words: the fresher one'],
  ['datetime', ['date-time'], 'no hyphen', 'only'],
  ['std::json', ['json'], 'a path is no filter'],
  ['https://json.example/json5', ['json5'], 'an address is no filter'],
];

const search = shelvedSearch(registryShelf);

for (const [query, first, why, extent] of judgements) {
  test(`${JSON.stringify(query)}: ${why}`, () => {
    const names = foundIn(search, query);
    assert.equal(
      extent ? names : names.slice(0, first.length),
      first,
      names.slice(0, 8).join(', '),
    );
  });
}

test('Packages of which every version is yanked come last, whatever is asked for', () => {
  for (const query of ['json', 'json abandoned', 'json-abandoned', 'parse json', 'jsno', '']) {
    const names = foundIn(search, query);
    assert.is(names.at(-1), 'json-abandoned', query);
  }
});

test('A deprecated package comes behind its equals, however much it was used', () => {
  const names = foundIn(search, 'json');
  assert.ok(names.indexOf('old-json') > names.indexOf('fast-json'));
});

test.run();
