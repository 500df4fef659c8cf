import { isVitteError, VitteError } from '../core/errors.ts';
import { printable } from './refusal.ts';

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'it is not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'the name is too long',
};

/** A failed file operation as PKG_E_FILE with its cause; errors that have a code of ours pass as they are. */
export function fileError(doing: string, path: string, cause: unknown): VitteError {
  if (isVitteError(cause)) return cause;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const reason = (code && (reasons[code] ?? code)) || 'an unknown error';
  return new VitteError('PKG_E_FILE', `can't ${doing} ${printable(path)}: ${reason}`, { cause });
}
