import { randomBytes, randomUUID } from 'node:crypto';
import { newToken, type Token, tokenHash } from '../auth/token.ts';
import { VitteError } from '../core/errors.ts';
import type { Journal } from '../sync/journal.ts';

/** Makes a token of the administrator's account, or journals the one given. It is shown once: only its hash is kept. */
export async function makeToken(
  parts: { journal: Journal },
  token: Token = newToken(),
): Promise<Token> {
  const outcome = await parts.journal.submit({
    event: {
      id: randomUUID(),
      actor: 'registry',
      event: 'token made',
      token: randomBytes(8).toString('hex'),
      sha256: tokenHash(token),
      account: 'admin',
      role: 'admin',
    },
    role: 'admin',
    readAt: 0,
  });
  if (outcome.status === 'refused') throw new VitteError(outcome.code, outcome.message);
  return token;
}
