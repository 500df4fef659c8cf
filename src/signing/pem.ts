// PEM as RFC 7468 has it: one block, nothing but white space around it.
import { decodeBase64, encodeBase64 } from './base64.ts';

const block =
  /^\s*-----BEGIN ([A-Z0-9]+(?: [A-Z0-9]+)*)-----[ \t]*\r?\n([A-Za-z0-9+/=\s]*?)-----END ([A-Z0-9 ]+)-----\s*$/;

/** A PEM block, in lines of `lineLength` characters (64, but 70 in OpenSSH's private keys). */
export function encodePem(label: string, bytes: Uint8Array, lineLength = 64): string {
  const lines = encodeBase64(bytes).match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** The label and content of a text that is one PEM block, or undefined. */
export function decodePem(text: string): { label: string; bytes: Buffer } | undefined {
  const [, label, body, endLabel] = block.exec(text) ?? [];
  if (label === undefined || body === undefined || label !== endLabel) return undefined;
  const bytes = decodeBase64(body.replace(/\s/g, ''));
  return bytes && { label, bytes };
}
