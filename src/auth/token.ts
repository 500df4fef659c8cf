import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { sha256Hex } from '../core/digest.ts';

/** An opaque token: `vit_`, 32 random bytes in base62, a checksum of 6 characters that secret scanners check. */
export type Token = string & { readonly __brand: 'Token' };

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const randomLength = 43; // 32 bytes in base62
const checksumLength = 6; // CRC-32 in base62

/** Makes a new token. It is shown once; only its hash is kept. */
export function newToken(): Token {
  const body = base62(BigInt(`0x${randomBytes(32).toString('hex')}`), randomLength);
  return `vit_${body}${checksum(body)}` as Token;
}

/** The token in this text, or undefined where form or checksum are wrong: such a text is never looked up. */
export function parseToken(text: string): Token | undefined {
  const found = /^vit_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/.exec(text);
  return found?.[1] !== undefined && checksum(found[1]) === found[2] ? (text as Token) : undefined;
}

/** What is stored of a token: its hex SHA-256. */
export function tokenHash(token: Token): string {
  return sha256Hex(token);
}

function checksum(body: string): string {
  return base62(BigInt(crc32(`vit_${body}`)), checksumLength);
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = alphabet[Number(rest % 62n)] + text;
  return text.padStart(length, '0');
}
