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
  const text = JSON.stringify(sorted(value), null, indent).replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return indent ? `${text}\n` : text;
}

/** Canonical JSON as bytes. */
export function canonicalBytes(value: unknown): Buffer {
  return Buffer.from(canonicalJson(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([a], [b]) => compareCodePoints(a, b));
  // Integer-like keys are enumerated first whatever the order of insertion; they are digits, so code point
  // order and numeric order may differ. No document of ours has such keys.
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member)]));
}

/**
 * Parses a JSON document from outside: at most 1 MiB, 64 levels, valid UTF-8, no member named twice (two
 * readers could take different ones). Throws PKG_E_DOCUMENT with `what` in the message.
 */
export function parseJson(bytes: Uint8Array, what: string): JsonValue {
  if (bytes.length > jsonDocumentBytesMax) {
    throw new VitteError('PKG_E_DOCUMENT', `${what} is over ${jsonDocumentBytesMax} bytes`);
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

/** Walks the tokens once, before JSON.parse builds anything: depth and repeated member names. */
function checkStructure(text: string, what: string) {
  const open: (Set<string> | undefined)[] = [];
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [found, colon] = match;
    if (found === '{' || found === '[') {
      open.push(found === '{' ? new Set() : undefined);
      if (open.length > jsonDepthMax) {
        throw new VitteError(
          'PKG_E_DOCUMENT',
          `${what} is nested deeper than ${jsonDepthMax} levels`,
        );
      }
    } else if (found === '}' || found === ']') open.pop();
    else if (colon !== undefined) noteMember(found.slice(0, -colon.length));
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

function safeParse(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return literal; // JSON.parse of the whole document reports it
  }
}
