import { parseToken, tokenHash } from '../auth/token.ts';
import { VitteError } from '../core/errors.ts';
import type { Parts } from './parts.ts';
import type { Actor } from './port.ts';

/** Who holds this token. Throws PKG_E_TOKEN; the message never repeats the token. */
export async function authenticate(
  parts: Parts,
  text: string,
  options: { signal?: AbortSignal } = {},
): Promise<Actor> {
  const token = parseToken(text);
  if (!token) throw unknownToken();
  return actorOf(parts, tokenHash(token), options);
}

/** Whose the token with this hash is. Throws PKG_E_TOKEN. */
export async function actorOf(
  parts: Parts,
  sha256: string,
  options: { signal?: AbortSignal } = {},
): Promise<Actor> {
  const { value: found } = await parts.reader.read(
    (index, callOptions) => index.token(sha256, callOptions),
    options,
  );
  if (!found) throw unknownToken();
  return { account: found.account, role: found.role };
}

function unknownToken() {
  return new VitteError('PKG_E_TOKEN', 'the token is not known here', {
    help: 'give the token of this registry in VITTE_TOKEN, or log in again',
  });
}
