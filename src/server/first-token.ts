import { readFile } from 'node:fs/promises';
import { newToken, parseToken, type Token, tokenHash } from '../auth/token.ts';
import { VitteError } from '../core/errors.ts';
import type { Index } from '../index/port.ts';
import { feedEntries } from '../index/walks.ts';
import { makeToken } from '../registry/make-token.ts';
import type { Journal } from '../sync/journal.ts';
import type { Config } from './config.ts';
import { isLoopback } from './setting-values.ts';

/**
 * Makes the first token of a registry that has none: the operator's bootstrap token; else, where only this machine
 * can reach the service, a new one, which is given back to be left for the next command. On a storage that many
 * processes share, only the one that made the registry (`created`) makes a new one. Throws PKG_E_CONFIG for a
 * bootstrap file that holds no token, or that is not there while the registry has none.
 */
export async function makeFirstToken(
  parts: { index: Index; journal: Journal },
  config: Config,
  created: boolean,
): Promise<Token | undefined> {
  const { bootstrapTokenFile: file } = config;
  if (file !== undefined) {
    const bootstrap = await bootstrapToken(file);
    const isThere = bootstrap && (await isKnown(parts.index, bootstrap));
    if (isThere || (await hasToken(parts.index))) return undefined;
    if (!bootstrap)
      throw new VitteError('PKG_E_CONFIG', `bootstrap-token-file: ${file} is not there`);
    await makeToken(parts, bootstrap);
    return undefined;
  }
  const mayMake = isLoopback(config.listen.host) && (created || config.storage.kind === 'layout');
  if (!mayMake || (await hasToken(parts.index))) return undefined;
  return makeToken(parts, newToken());
}

/** The token in the operator's file; undefined where there is no such file: it may go after its use. */
async function bootstrapToken(file: string): Promise<Token | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new VitteError('PKG_E_CONFIG', `bootstrap-token-file: ${file} can not be read`, {
      cause,
    });
  }
  const token = parseToken(text.trim());
  if (token) return token;
  throw new VitteError('PKG_E_CONFIG', `bootstrap-token-file: ${file} holds no token`, {
    help: 'a token is "vit_" and 49 letters and digits, of which the last six are a checksum',
  });
}

async function isKnown(index: Index, token: Token): Promise<boolean> {
  return (await index.token(tokenHash(token))).value !== undefined;
}

/** True where the journal knows a token. The first one stands near its beginning. */
async function hasToken(index: Index): Promise<boolean> {
  for await (const entry of feedEntries(async (page) => (await index.feed(page)).value)) {
    if (entry.event === 'token made') return true;
  }
  return false;
}
