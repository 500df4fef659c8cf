import { VitteError } from './errors.ts';
import { jsonDepthMax, jsonDocumentBytesMax } from './limits.ts';

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;
export type JsonObject = { [key: string]: JsonValue };

/** Compares by Unicode code point, as Vitte sorts (`<` on strings compares UTF-16 units). */
export function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * Vitte's canonical JSON: keys sorted by code point, separators without space, non-ASCII as `\uXXXX`.
 * Undefined members are left out. With `indent` 2 it is the form of files on disk, final newline included.
 */
export function canonicalJson(value: unknown, indent?: 2): string {
  const text = serialized(value, indent === undefined ? '' : '\n');
  return indent === undefined ? text : `${text}\n`;
}

/** Canonical JSON as bytes. */
export function canonicalBytes(value: unknown): Buffer {
  return Buffer.from(canonicalJson(value));
}

/** A copy with its members in canonical order, as it would be read back from its canonical JSON. */
export function canonicalCopy<T>(value: T): T {
  return JSON.parse(canonicalJson(value)) as T;
}

/**
 * One value as canonical text. `line` is a line break and the indentation that hold here, or empty for the
 * form without space. JSON.stringify would not do for objects: it puts integer-like keys first, in numeric order.
 */
function serialized(value: unknown, line: string): string {
  if (value === null || typeof value !== 'object') {
    return (JSON.stringify(value) ?? 'null').replace(
      /[\x7f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }
  const inner = line === '' ? '' : `${line}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[${inner}${value.map((item) => serialized(item, inner)).join(`,${inner}`)}${line}]`;
  }
  const colon = line === '' ? ':' : ': ';
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (members.length === 0) return '{}';
  members.sort(([a], [b]) => compareCodePoints(a, b));
  const rows = members.map(([key, member]) => {
    return `${serialized(key, '')}${colon}${serialized(member, inner)}`;
  });
  return `{${inner}${rows.join(`,${inner}`)}${line}}`;
}

/**
 * Parses a JSON document from outside: at most `bytesMax` (1 MiB), 64 levels, valid UTF-8, no member named twice (two
 * readers could take different ones). Throws PKG_E_DOCUMENT with `what` in the message.
 */
export function parseJson(
  bytes: Uint8Array,
  what: string,
  bytesMax = jsonDocumentBytesMax,
): JsonValue {
  if (bytes.length > bytesMax) {
    throw new VitteError('PKG_E_DOCUMENT', `${what} is over ${bytesMax} bytes`);
  }
  const text = decodeUtf8(bytes, what);
  checkStructure(text, what);
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new VitteError('PKG_E_DOCUMENT', `${what} is not valid JSON`, { cause });
  }
}

/** Decodes UTF-8, refusing invalid bytes and a byte order mark. Throws PKG_E_DOCUMENT. */
export function decodeUtf8(bytes: Uint8Array, what: string): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new VitteError('PKG_E_DOCUMENT', `${what} is not valid UTF-8`, { cause });
  }
  if (text.startsWith('\ufeff')) {
    throw new VitteError('PKG_E_DOCUMENT', `${what} begins with a byte order mark`);
  }
  return text;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Walks the text once, before JSON.parse builds anything: depth and repeated member names. */
function checkStructure(text: string, what: string) {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const found = text[at];
    if (found === '"') {
      const end = stringEnd(text, at);
      if (isMemberName(text, end)) noteMember(text.slice(at, end));
      at = end - 1;
    } else if (found === '{' || found === '[') {
      open.push(found === '{' ? new Set() : undefined);
      if (open.length > jsonDepthMax) {
        throw new VitteError(
          'PKG_E_DOCUMENT',
          `${what} is nested deeper than ${jsonDepthMax} levels`,
        );
      }
    } else if (found === '}' || found === ']') open.pop();
  }

  function noteMember(literal: string) {
    const names = open.at(-1);
    const name = literal.includes('\\') ? safeParse(literal) : literal.slice(1, -1);
    if (names?.has(name)) {
      throw new VitteError(
        'PKG_E_DOCUMENT',
        `${what} names the member ${literal.slice(0, 80)} twice`,
      );
    }
    names?.add(name);
  }
}

/**
 * Where the string literal that opens at `start` is over; the text's end for one that never closes. A regular
 * expression would try every quote of an unclosed literal anew, which takes quadratic time.
 */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function isMemberName(text: string, end: number): boolean {
  let at = end;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return text[at] === ':';
}

function safeParse(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return literal; // JSON.parse of the whole document reports it
  }
}
