import { parse } from 'smol-toml';
import { isVitteError, VitteError } from './errors.ts';
import { decodeUtf8, type JsonValue } from './json.ts';
import { jsonDepthMax, jsonDocumentBytesMax, tomlNodesMax } from './limits.ts';

/**
 * Parses a TOML document from outside into JSON values; dates become their text. At most 1 MiB, 64 levels,
 * 50,000 keys, tables and lists; valid UTF-8. Throws PKG_E_DOCUMENT with `what` in the message.
 */
export function parseToml(bytes: Uint8Array, what: string): JsonValue {
  if (bytes.length > jsonDocumentBytesMax) {
    throw new VitteError('PKG_E_DOCUMENT', `${what} is over ${jsonDocumentBytesMax} bytes`);
  }
  const text = decodeUtf8(bytes, what);
  checkStructure(text, what);
  try {
    return plain(parse(text, { maxDepth: jsonDepthMax }), what, 0);
  } catch (cause) {
    if (isVitteError(cause)) throw cause;
    const why = cause instanceof Error ? cause.message.split('\n')[0] : '';
    throw new VitteError('PKG_E_DOCUMENT', `${what} is not valid TOML: ${why}`, { cause });
  }
}

/** TOML values as JSON ones. */
function plain(value: unknown, what: string, depth: number): JsonValue {
  if (depth > jsonDepthMax) throw tooDeep(what);
  if (Array.isArray(value)) return value.map((item) => plain(item, what, depth + 1));
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value as JsonValue;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, plain(item, what, depth + 1)]),
  );
}

/**
 * Walks the text once, before the parser builds anything: it spends some 600 bytes on each part of a key, so a
 * document of a megabyte could take hundreds.
 */
function checkStructure(text: string, what: string) {
  let keyParts = 1;
  let nodes = 0;
  for (let at = 0; at < text.length; at += 1) {
    const found = text[at];
    if (found === '"' || found === "'") at = stringEnd(text, at) - 1;
    else if (found === '#') at = lineEnd(text, at);
    else if (found === '.') {
      keyParts += 1;
      nodes += 1;
      if (keyParts > jsonDepthMax) throw tooDeep(what);
    } else if (found === '=' || found === '[' || found === '{') {
      keyParts = 1;
      nodes += 1;
    } else if (found === '\n' || found === ',') keyParts = 1;
    if (nodes > tomlNodesMax) {
      const message = `${what} has over ${tomlNodesMax} keys, tables and lists`;
      throw new VitteError('PKG_E_DOCUMENT', message);
    }
  }
}

/** Where the string that opens at `start` is over. One that never closes is the parser's to refuse. */
function stringEnd(text: string, start: number): number {
  const quote = text[start] as string;
  const long = text.startsWith(quote.repeat(3), start);
  const closing = long ? quote.repeat(3) : quote;
  for (let at = start + closing.length; at < text.length; at += 1) {
    if (text.startsWith(closing, at)) {
      let end = at + closing.length;
      // The content of a long string may itself end in one or two quotes.
      for (let more = 0; long && more < 2 && text[end] === quote; more += 1) end += 1;
      return end;
    }
    if (text[at] === '\n' && !long) return at;
    if (text[at] === '\\' && quote === '"') at += 1;
  }
  return text.length;
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

function tooDeep(what: string) {
  return new VitteError('PKG_E_DOCUMENT', `${what} is nested deeper than ${jsonDepthMax} levels`);
}
