import { createHash } from 'node:crypto';

/** The strong ETag of these bytes. */
export function etagOf(bytes: string | Uint8Array): string {
  return `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 32)}"`;
}

/**
 * True where `If-None-Match` names this ETag, so that 304 is the answer: `*`, or a list, compared weakly
 * (RFC 9110, 13.1.2). A header that can't be read names nothing.
 */
export function namesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return listed(header).some((tag) => opaque(tag) === opaque(etag));
}

/** True where `If-Match` is absent or met; compared strongly (RFC 9110, 13.1.1). */
export function meetsIfMatch(header: string | undefined, etag: string): boolean {
  if (header === undefined || header.trim() === '*') return true;
  return listed(header).some((tag) => tag === etag && !tag.startsWith('W/'));
}

function listed(header: string): string[] {
  return header.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? [];
}

function opaque(tag: string): string {
  return tag.replace(/^W\//, '');
}
