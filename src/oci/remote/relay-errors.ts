import { isVitteError, VitteError } from '../../core/errors.ts';
import type { UploadState } from '../port.ts';
import { refusalOf } from '../refusal.ts';
import { unknown } from '../upload-sessions.ts';
import { UploadLost } from './errors.ts';

/** What the storage says of the client's own mistakes is told as the port has it; all else as it is. */
export async function told<T>(upload: UploadState, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UploadLost) throw unknown();
    const refusal = isVitteError(error, 'PKG_E_STORAGE_ANSWER') ? refusalOf(error) : undefined;
    switch (refusal?.status) {
      case 400:
        if (refusal.codes.includes('DIGEST_INVALID')) {
          throw new VitteError('PKG_E_INTEGRITY', 'the storage has other content of this upload', {
            cause: error,
          });
        }
        throw new VitteError('PKG_E_REQUEST', 'the storage does not take this of an upload', {
          cause: error,
        });
      case 404:
        throw unknown();
      case 413:
        throw new VitteError('PKG_E_BODY_SIZE', 'the storage takes no chunk so large', {
          cause: error,
        });
      case 416:
        throw new VitteError('PKG_E_RANGE', 'the chunk does not follow what the storage has', {
          cause: error,
          data: { size: upload.size },
        });
      default:
        throw error;
    }
  }
}
