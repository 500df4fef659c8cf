import { fillers, wordsOf } from './search-words.ts';

/** What of a README counts: its first 2 KB, without addresses, tags and badges, and of these so many words. */
const readmeBytesMax = 2_048;
const readmeWordsMax = 256;
/** What comes of it is no longer than this, whatever letters it has. */
const readmeTextCharsMax = 4_096;
export const readmeTextBytesMax = 3 * readmeTextCharsMax;

/** The different words of a README's beginning, as search wants them, with spaces between: half as long as the text. */
export function readmeText(bytes: Uint8Array): string {
  const text = new TextDecoder()
    .decode(bytes.subarray(0, readmeBytesMax))
    .replace(/\ufffd+$/, '') // half a character at the end
    .replace(/<!--.*?(?:-->|$)|<[^>]*>|&[a-z]+;/gis, ' ')
    .replace(/\]\([^)]*(?:\)|$)/g, '] ')
    .replace(/\b(?:https?:\/\/|www\.)\S+/gi, ' ');
  const telling = wordsOf(text).words.filter((word) => !fillers.has(word));
  return [...new Set(telling)].slice(0, readmeWordsMax).join(' ').slice(0, readmeTextCharsMax);
}
