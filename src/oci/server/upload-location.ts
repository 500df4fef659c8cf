// An upload's location holds all that is known of it, sealed: any replica can go on with it, nobody can read what the
// storage calls it, and it is of no use for another repository or caller.
import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { isVitteError } from '../../core/errors.ts';
import { isJsonObject, parseJson } from '../../core/json.ts';
import type { UploadState } from '../port.ts';

/** An upload as its client knows it: `id` stays the same while its location changes. */
export type LocatedUpload = { id: string; state: UploadState };

export type UploadLocations = {
  /** The text that stands for an upload in a URL. `holder` is whoever may use it: repository and caller. */
  seal(upload: LocatedUpload, holder: string): string;
  /** The upload behind such a text; undefined for one that is another's, too old, or none. */
  open(text: string, holder: string): LocatedUpload | undefined;
};

const locationVersion = 1;
const nonceBytes = 12;
const tagBytes = 16;
const textLengthMax = 8 * 1024;
/** Since the last answer. The storage may forget an upload before that. */
const lifetimeMs = 60 * 60_000;

/** Locations under a key of 32 bytes, which every replica has. AES-256-GCM. */
export function uploadLocations(key: Uint8Array, now: () => number = Date.now): UploadLocations {
  return {
    seal({ id, state }, holder) {
      const plain = JSON.stringify({ v: locationVersion, id, until: now() + lifetimeMs, ...state });
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(holder));
      const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url');
    },

    open(text, holder) {
      const bytes = text.length <= textLengthMax ? Buffer.from(text, 'base64url') : Buffer.alloc(0);
      if (bytes.length <= nonceBytes + tagBytes) return undefined;
      const plain = decrypted(bytes, key, holder);
      return plain && parse(plain, now());
    },
  };
}

/** An upload that begins. */
export function locatedUpload(state: UploadState): LocatedUpload {
  return { id: randomUUID(), state };
}

function decrypted(bytes: Buffer, key: Uint8Array, holder: string): Buffer | undefined {
  const nonce = bytes.subarray(0, nonceBytes);
  const tag = bytes.subarray(-tagBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(holder)).setAuthTag(tag);
  try {
    const plain = decipher.update(bytes.subarray(nonceBytes, -tagBytes));
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return undefined; // not sealed by us, or for somebody else
  }
}

function parse(plain: Buffer, now: number): LocatedUpload | undefined {
  try {
    const value = parseJson(plain, 'an upload location');
    if (!isJsonObject(value) || value.v !== locationVersion || Number(value.until) < now) {
      return undefined;
    }
    const { id, session, size, chunkBytesMin } = value;
    const least = chunkBytesMin === undefined ? {} : { chunkBytesMin: Number(chunkBytesMin) };
    return { id: String(id), state: { session: String(session), size: Number(size), ...least } };
  } catch (error) {
    if (isVitteError(error, 'PKG_E_DOCUMENT')) return undefined;
    throw error;
  }
}
