import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chmod, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VitteError } from '../core/errors.ts';
import { fileError, readBoundedFile, systemCode } from './bounded-file.ts';
import { parseKeyDocument, type ReadKey, serializeKey } from './key-document.ts';
import { passphraseError, type ScryptCost } from './key-encryption.ts';
import { type ExportFormat, parseKey } from './key-formats.ts';
import { hasSecret, type Key, keyError, type SecretKey } from './keys.ts';

/** Longest key file read. */
const keyFileBytesMax = 16 * 1024;

/** What file systems without hard links answer (FAT, some network and container mounts). */
const linkless: ReadonlySet<string> = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

export type KeyFile = ReadKey & {
  format: 'json' | ExportFormat;
  /** True where the file holds a secret that the group or others may read; the caller warns, and goes on. */
  exposed: boolean;
};

/**
 * Writes a key as a JSON key file, mode 0600, whole or not at all; missing folders are made with mode 0700.
 * Throws PKG_E_ALREADY_EXISTS where something stands at `path` and `overwrite` is not set, PKG_E_KEY_PASSPHRASE
 * for an unusable passphrase, PKG_E_FILE for what the system refuses.
 */
export async function writeKeyFile(
  path: string,
  key: Key,
  options: { passphrase?: string; cost?: ScryptCost; overwrite?: boolean } = {},
): Promise<void> {
  const text = await serializeKey(key, options);
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
      await writeNew(temporary, text);
      if (options.overwrite) await rename(temporary, path);
      else await nameOnce(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
    await syncFolder(dirname(path));
  } catch (cause) {
    throw fileError('write', path, cause);
  }
}

/**
 * Reads a key file in any form: the JSON key file, PEM, DER, base58 or OpenSSH, at most 16 KiB. Without
 * passphrase an encrypted JSON key file gives its public key. Throws PKG_E_KEY_FORMAT, PKG_E_KEY_PASSPHRASE for
 * a passphrase that does not open it, PKG_E_FILE for a file that can't be read.
 */
export async function readKeyFile(
  path: string,
  options: { passphrase?: string } = {},
): Promise<KeyFile> {
  const { bytes, stats } = await readBoundedFile(path, keyFileBytesMax, () =>
    keyError(`${path} is too long for a key file`),
  );
  const readableByOthers = isReadableByOthers(stats);
  if (isJson(bytes)) {
    const read = await parseKeyDocument(bytes, options);
    // What a passphrase protects may lie open.
    return { ...read, format: 'json', exposed: read.secret === 'plain' && readableByOthers };
  }
  const { key, format } = parseKey(bytes);
  const secret = hasSecret(key) ? 'plain' : 'none';
  return { key, format, secret, exposed: secret === 'plain' && readableByOthers };
}

/**
 * The secret key in a file that was read. Throws PKG_E_KEY_PASSPHRASE where the file is encrypted and no
 * passphrase was given, PKG_E_KEY_FORMAT where it holds a public key alone.
 */
export function secretOf({ key, secret }: KeyFile): SecretKey {
  if (hasSecret(key)) return key;
  if (secret === 'encrypted') throw passphraseError('the key file needs its passphrase');
  throw keyError('the key file holds a public key alone, and signing needs the secret');
}

function isJson(bytes: Buffer): boolean {
  return /^\s*\{/.test(bytes.toString('latin1', 0, 64));
}

/** Windows has no such bits and reports 0666 for every file; pipes pass from hand to hand. */
function isReadableByOthers(stats: Stats): boolean {
  return process.platform !== 'win32' && stats.isFile() && (stats.mode & 0o077) !== 0;
}

async function writeNew(path: string, text: string) {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(path, 0o600); // a umask may have taken more away than it should
}

/** Gives a file its name unless the name is taken. A rename would not refuse; a link does. */
async function nameOnce(temporary: string, path: string) {
  try {
    try {
      await link(temporary, path);
    } catch (error) {
      if (!linkless.has(systemCode(error) ?? '')) throw error;
      await (await open(path, 'wx', 0o600)).close();
      await rename(temporary, path);
    }
  } catch (cause) {
    if (systemCode(cause) !== 'EEXIST') throw cause;
    throw new VitteError('PKG_E_ALREADY_EXISTS', `${path} exists already`, {
      help: 'a key that is lost can not be made again: choose another file name',
      cause,
    });
  }
}

/** So that the new name survives a loss of power. Windows can't open folders. */
async function syncFolder(path: string) {
  if (process.platform === 'win32') return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
