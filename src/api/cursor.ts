import { sha256Hex } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { isPackageName } from '../core/name.ts';

/** Which list a cursor belongs to: another query's cursor would give pages that don't fit together. */
export type CursorScope = {
  of: 'list' | 'search';
  namespace?: string | undefined;
  text?: string | undefined;
  sort?: string | undefined;
};

const cursorLengthMax = 512;

/** The opaque form of a use case's cursor: base64url of a small JSON document. */
export function formatCursor(scope: CursorScope, at: string): string {
  return Buffer.from(JSON.stringify([scope.of, fingerprint(scope), at])).toString('base64url');
}

/** The use case's cursor. Throws PKG_E_REQUEST for one that this list did not give. */
export function parseCursor(scope: CursorScope, text: string): string {
  const value = text.length <= cursorLengthMax ? decoded(text) : undefined;
  if (Array.isArray(value) && value.length === 3) {
    const [of, query, at] = value as unknown[];
    const known = of === scope.of && query === fingerprint(scope) && typeof at === 'string';
    if (known && isPosition(scope, at)) return at;
  }
  throw new VitteError('PKG_E_REQUEST', 'query parameter "cursor" is not one that this list gave', {
    help: 'take the next page from "next", with the other parameters unchanged; or start without a cursor',
    data: { parameter: 'cursor' },
  });
}

function decoded(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function isPosition(scope: CursorScope, at: string): boolean {
  // What a search goes on from, the search knows.
  return scope.of === 'search' || isPackageName(at);
}

function fingerprint({ namespace, text, sort }: CursorScope): string {
  return sha256Hex(JSON.stringify([namespace ?? null, text ?? null, sort ?? null])).slice(0, 16);
}
