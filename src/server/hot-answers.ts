import type { Encoding } from '../api/content-encoding.ts';
import type { Entry } from '../core/journal-entry.ts';
import type { PackageName } from '../core/name.ts';
import type { FeedTail } from '../sync/feed-tail.ts';

/** An answer with status 200 whose bytes are there. */
export type HotAnswer = {
  /** What it is about: an entry of the journal about this package ends it. */
  package: PackageName;
  /** The journal's number at which it was read. */
  sequence: number;
  /** What it was negotiated to be; undefined where it is the same for every client. */
  encoding: Encoding | undefined;
  store: string;
  etag: string;
  /** Fields of the head beside those that each answer has of its own, in the order they are sent. */
  fields: readonly (readonly [name: string, value: string])[];
  /** The body's bytes as a Latin-1 string, one character each: what is written needs no encoding. */
  body: string;
};

/**
 * Answers to GETs that were given before, by their exact URL. Each is given while the end of the feed, as it was less
 * than a second ago, has no entry about its package beyond the number it was read at. Nothing has to be told for
 * that: where the index does not answer, the end of the feed is not known any more, and nothing is given.
 */
export type HotAnswers = {
  has(url: string): boolean;
  /** The answer to this URL and the number of the journal that it holds at; undefined where none may be given now. */
  find(url: string, encoding: Encoding): { answer: HotAnswer; sequence: number } | undefined;
  keep(url: string, answer: HotAnswer): void;
  /** A number that this replica has answered: nothing older is given from now on. */
  saw(sequence: number): void;
  close(): void;
};

export type HotLimits = {
  urlsMax: number;
  bytesMax: number;
  /** A larger one is not kept. */
  answerBytesMax: number;
};

export const hotLimits: HotLimits = {
  urlsMax: 10_000,
  bytesMax: 24 * 1024 * 1024,
  answerBytesMax: 512 * 1024,
};

/** One URL: an answer for each encoding. */
type Place = { package: PackageName; answers: HotAnswer[]; bytes: number; used: boolean };

/** Beside its body: the head, the URL, and what holds them. */
const answerOverheadBytes = 1_024;
/** Events that change nothing of what a package shows, though they name none. */
const apart: ReadonlySet<string> = new Set(['token made']);

export function createHotAnswers(
  tail: Pick<FeedTail, 'freshSequence' | 'onEntries'>,
  limits: HotLimits = hotLimits,
): HotAnswers {
  const places = new Map<string, Place>();
  const urlsOf = new Map<PackageName, Set<string>>();
  let bytes = 0;
  let seen = 0;
  const stop = tail.onEntries((entries) => {
    for (const entry of entries) take(entry);
  });

  return {
    has: (url) => places.has(url),

    find(url, encoding) {
      const place = places.get(url);
      const answer = place?.answers.find((one) => isFor(one, encoding));
      if (!place || !answer) return undefined;
      const sequence = tail.freshSequence();
      if (sequence === undefined || sequence < Math.max(seen, answer.sequence)) return undefined;
      place.used = true;
      return { answer, sequence };
    },

    keep(url, answer) {
      const known = tail.freshSequence();
      // What came between the two was looked through before this answer was there.
      if (known === undefined || answer.sequence < known) return;
      const size = answer.body.length + answerOverheadBytes;
      if (size > limits.answerBytesMax) return;
      const before = places.get(url)?.answers ?? [];
      const others = before.filter(({ encoding }) => encoding !== answer.encoding);
      remove(url);
      add(url, [...others, answer]);
      makeRoom();
    },

    saw(sequence) {
      seen = Math.max(seen, sequence);
    },

    close() {
      stop();
      clear();
    },
  };

  function take(entry: Entry) {
    if ('package' in entry) drop(entry.package, entry.n);
    // What names no package may be about many: a namespace, an account, an event of a later release.
    else if (!apart.has(entry.event)) clear();
  }

  /** Ends the answers about a package that were read before this number. */
  function drop(name: PackageName, number: number) {
    for (const url of urlsOf.get(name) ?? []) {
      const left = places.get(url)?.answers.filter(({ sequence }) => sequence >= number) ?? [];
      remove(url);
      if (left.length > 0) add(url, left);
    }
  }

  function add(url: string, answers: HotAnswer[]) {
    const name = answers[0]!.package;
    const size = answers.reduce((sum, { body }) => sum + body.length + answerOverheadBytes, 0);
    places.set(url, { package: name, answers, bytes: size, used: false });
    bytes += size;
    urlsOf.set(name, (urlsOf.get(name) ?? new Set()).add(url));
  }

  function remove(url: string) {
    const place = places.get(url);
    if (!place) return;
    places.delete(url);
    bytes -= place.bytes;
    const urls = urlsOf.get(place.package);
    urls?.delete(url);
    if (urls?.size === 0) urlsOf.delete(place.package);
  }

  function clear() {
    places.clear();
    urlsOf.clear();
    bytes = 0;
  }

  /** The oldest go first; what was asked for since it was last looked at is passed over once. */
  function makeRoom() {
    for (const [url, place] of places) {
      if (places.size <= limits.urlsMax && bytes <= limits.bytesMax) return;
      if (place.used) {
        place.used = false;
        places.delete(url);
        places.set(url, place);
      } else {
        remove(url);
      }
    }
  }
}

function isFor(answer: HotAnswer, encoding: Encoding): boolean {
  return answer.encoding === undefined || answer.encoding === encoding;
}
