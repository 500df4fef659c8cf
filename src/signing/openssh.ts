// OpenSSH's two key forms: the public line (RFC 4253 section 6.6, RFC 8709) and the unencrypted private key.
// https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key
import { createHash } from 'node:crypto';
import { decodeBase64, encodeBase64 } from './base64.ts';

export const opensshPrivateLabel = 'OPENSSH PRIVATE KEY';
/** ssh-keygen breaks its private keys into lines of this many characters. */
export const opensshLineLength = 70;

const keyType = 'ssh-ed25519';
const magic = Buffer.from('openssh-key-v1\0', 'latin1');
/** The private part is padded to this many bytes, the block size of cipher "none". */
const blockBytes = 8;

/** What a private key file held, or why it can't be read here. */
export type OpensshPrivate = { seed: Buffer; publicBytes: Buffer } | 'encrypted' | 'malformed';

/** `ssh-ed25519 BASE64 COMMENT` with a final newline. The comment holds no line break. */
export function encodeOpensshPublic(publicBytes: Uint8Array, comment: string): string {
  return `${keyType} ${encodeBase64(publicBlob(publicBytes))} ${comment}\n`;
}

/** The key of one line in that form, with or without comment, or undefined. */
export function decodeOpensshPublic(text: string): Buffer | undefined {
  const [, base64] = /^ssh-ed25519 ([A-Za-z0-9+/=]+)(?: [^\r\n]*)?\r?\n?$/.exec(text) ?? [];
  const blob = base64 === undefined ? undefined : decodeBase64(base64);
  return blob && publicBytesOf(blob);
}

/**
 * The bytes within the PEM block of an unencrypted private key. ssh-keygen draws the two check numbers at
 * random; they only tell a wrong passphrase, so here they come from the public key, and equal keys make equal
 * files.
 */
export function encodeOpensshPrivate(
  seed: Uint8Array,
  publicBytes: Uint8Array,
  comment: string,
): Buffer {
  const blob = publicBlob(publicBytes);
  const check = createHash('sha256').update(blob).digest().subarray(0, 4);
  const secret = Buffer.concat([
    check,
    check,
    blob,
    lengthPrefixed(Buffer.concat([seed, publicBytes])),
    lengthPrefixed(Buffer.from(comment)),
  ]);
  return Buffer.concat([
    magic,
    lengthPrefixed(Buffer.from('none')), // cipher
    lengthPrefixed(Buffer.from('none')), // key derivation
    lengthPrefixed(Buffer.alloc(0)), // its options
    Buffer.from([0, 0, 0, 1]), // one key
    lengthPrefixed(blob),
    lengthPrefixed(Buffer.concat([secret, padding(secret.length)])),
  ]);
}

/** Reads such bytes. The two copies of the public key must agree; the caller checks it against the seed. */
export function decodeOpensshPrivate(bytes: Uint8Array): OpensshPrivate {
  const file = reader(bytes);
  if (!file.take(magic.length)?.equals(magic)) return 'malformed';
  const [cipher, derivation, options] = [file.prefixed(), file.prefixed(), file.prefixed()];
  if (!cipher || !derivation || !options) return 'malformed';
  if (cipher.toString('latin1') !== 'none') return 'encrypted';
  if (derivation.toString('latin1') !== 'none' || options.length > 0) return 'malformed';
  if (file.take(4)?.readUInt32BE() !== 1) return 'malformed';
  const [blob, secret] = [file.prefixed(), file.prefixed()];
  if (!blob || !secret || file.left() > 0 || secret.length % blockBytes !== 0) return 'malformed';

  const part = reader(secret);
  const [check, again] = [part.take(4), part.take(4)];
  const inner = part.take(blob.length);
  const [pair, comment] = [part.prefixed(), part.prefixed()];
  const publicBytes = publicBytesOf(blob);
  if (!check || !again || !inner || !pair || !comment || !publicBytes) return 'malformed';
  if (!check.equals(again) || !inner.equals(blob) || pair.length !== 64) return 'malformed';
  if (!pair.subarray(32).equals(publicBytes)) return 'malformed';
  const rest = part.take(part.left());
  if (!rest?.equals(padding(secret.length - rest.length))) return 'malformed';
  return { seed: pair.subarray(0, 32), publicBytes };
}

function publicBlob(publicBytes: Uint8Array): Buffer {
  return Buffer.concat([lengthPrefixed(Buffer.from(keyType)), lengthPrefixed(publicBytes)]);
}

function publicBytesOf(blob: Buffer): Buffer | undefined {
  const parts = reader(blob);
  if (parts.prefixed()?.toString('latin1') !== keyType) return undefined;
  const publicBytes = parts.prefixed();
  return publicBytes?.length === 32 && parts.left() === 0 ? publicBytes : undefined;
}

function lengthPrefixed(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** 1, 2, 3 … up to a whole number of blocks. */
function padding(length: number): Buffer {
  const missing = (blockBytes - (length % blockBytes)) % blockBytes;
  return Buffer.from(Array.from({ length: missing }, (_, index) => index + 1));
}

/** Takes bytes one piece after the other; undefined once they run out. */
function reader(source: Uint8Array) {
  const bytes = Buffer.from(source);
  let at = 0;
  return { take, prefixed, left: () => bytes.length - at };

  function take(length: number): Buffer | undefined {
    if (length > bytes.length - at) return undefined;
    at += length;
    return bytes.subarray(at - length, at);
  }

  function prefixed(): Buffer | undefined {
    const length = take(4)?.readUInt32BE();
    return length === undefined ? undefined : take(length);
  }
}
