// Cursors of lists that know their place by the row they ended with.
import { sha256Hex } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';

const cursorLengthMax = 1_024;

/** The opaque form of a use case's place. `scope` is what the list was asked for: another one's cursor is refused. */
export function formatPlace(scope: readonly unknown[], place: string): string {
  return Buffer.from(JSON.stringify([fingerprint(scope), place])).toString('base64url');
}

/** The use case's place. Throws PKG_E_REQUEST for a cursor that this list did not give. */
export function parsePlaceCursor(scope: readonly unknown[], text: string): string {
  const value = text.length <= cursorLengthMax ? decoded(text) : undefined;
  if (Array.isArray(value) && value.length === 2) {
    const [query, place] = value as unknown[];
    if (query === fingerprint(scope) && typeof place === 'string') return place;
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

function fingerprint(scope: readonly unknown[]): string {
  return sha256Hex(JSON.stringify(scope)).slice(0, 8);
}
