import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type KeyFile, readKeyFile, secretOf } from '../signing/key-file.ts';
import type { PublicKey, SecretKey } from '../signing/keys.ts';
import type { Invocation } from './command.ts';
import { spoken } from './spoken-error.ts';

/**
 * Reads a key that can sign. Warns where others may read it too. Throws PKG_E_KEY_FORMAT, PKG_E_KEY_PASSPHRASE,
 * PKG_E_FILE.
 */
export async function readSigningKey(invocation: Invocation, path: string): Promise<SecretKey> {
  return secretOf(await readKey(invocation, path));
}

/** Reads the public part of a key. No passphrase is needed. Throws PKG_E_KEY_FORMAT, PKG_E_FILE. */
export async function readPublicKey({ environment }: Invocation, path: string): Promise<PublicKey> {
  return (await readKeyFile(resolve(environment.cwd, path))).key;
}

/** Reads a key file, opened by the passphrase where one is given. */
export async function readKey(invocation: Invocation, path: string): Promise<KeyFile> {
  const { environment, messages, output } = invocation;
  const passphrase = await passphraseOf(invocation);
  const file = resolve(environment.cwd, path);
  const read = await readKeyFile(file, passphrase === undefined ? {} : { passphrase });
  if (read.exposed) output.warn(messages.key.exposed(path));
  return read;
}

/**
 * The passphrase: the first line of --passphrase-file, else VITTE_KEY_PASSPHRASE, else none. Never an argument,
 * which other users of the machine could read. Throws PKG_E_FILE.
 */
export async function passphraseOf(invocation: Invocation): Promise<string | undefined> {
  const { options, environment, messages } = invocation;
  const file = options.text('passphrase-file');
  if (file === undefined) return environment.variables.VITTE_KEY_PASSPHRASE || undefined;
  try {
    const text = await readFile(resolve(environment.cwd, file), 'utf8');
    return text.split(/\r?\n/)[0] ?? '';
  } catch (cause) {
    throw spoken('PKG_E_FILE', messages.key.passphraseFile(file), { cause });
  }
}
