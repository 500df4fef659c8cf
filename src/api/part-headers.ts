import { VitteError } from '../core/errors.ts';
import { parseMediaType } from './media-type.ts';

/** What is read of a part's headers; others are passed over. */
export type PartHeaders = { type: string; key?: Uint8Array };

const keyBytesMax = 1024;
const headerForm = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)$/;

/**
 * Parses the headers of a part. One without Content-Type is text/plain (RFC 2046, 5.1). Throws PKG_E_REQUEST,
 * PKG_E_MEDIA_TYPE for content that is encoded, and PKG_E_KEY_FORMAT.
 */
export function parsePartHeaders(block: Buffer): PartHeaders {
  const headers = new Map<string, string>();
  const lines = block.toString('latin1').split('\r\n').slice(1);
  for (const line of lines) {
    const [, name, value = ''] = headerForm.exec(line) ?? [];
    if (name === undefined) throw partError('has a line that is no header');
    const key = name.toLowerCase();
    if (headers.has(key)) throw partError(`has the header ${name.slice(0, 60)} twice`);
    headers.set(key, value.trim());
  }
  const transfer = headers.get('content-transfer-encoding')?.toLowerCase() ?? 'binary';
  if (!['binary', '8bit', '7bit'].includes(transfer) || headers.has('content-encoding')) {
    throw new VitteError('PKG_E_MEDIA_TYPE', 'a part is encoded; parts are sent as they are');
  }
  const { type } = parseMediaType(headers.get('content-type') ?? 'text/plain');
  const key = headers.get('vitte-signature-key');
  return { type, ...(key === undefined ? {} : { key: keyBytes(key) }) };
}

function keyBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.length > keyBytesMax || bytes.toString('base64') !== text) {
    throw new VitteError('PKG_E_KEY_FORMAT', 'Vitte-Signature-Key is not base64 of a public key', {
      help: "send base64 of the key's SPKI DER; without the header the signature is not checked here",
    });
  }
  return bytes;
}

function partError(why: string) {
  return new VitteError('PKG_E_REQUEST', `a part of the body ${why}`);
}
