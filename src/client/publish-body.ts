import { randomBytes } from 'node:crypto';
import type { ArchiveKind } from '../core/media-types.ts';
import { mediaTypes } from '../core/media-types.ts';

export type Bundle = {
  /** The Sigstore bundle's JSON. */
  bytes: Uint8Array;
  /** SPKI DER of the signer's key, so that the registry can check the signature. */
  key?: Uint8Array | undefined;
};

export type PublishBody = {
  contentType: string;
  bytes: number;
  /** The body from its beginning, at each call anew. */
  open: () => AsyncIterable<Uint8Array>;
};

/**
 * The body of a publish: the archive alone, or `multipart/mixed` with the bundles first and the archive last
 * (api.md), of a length known before anything is sent (RFC 2046, 5.1).
 */
export function publishBody(
  archive: { kind: ArchiveKind; bytes: number; open: () => AsyncIterable<Uint8Array> },
  bundles: readonly Bundle[],
): PublishBody {
  const mediaType = mediaTypes[archive.kind];
  if (bundles.length === 0) {
    return { contentType: mediaType, bytes: archive.bytes, open: archive.open };
  }
  // 24 random bytes: no content can hold it by accident or by design.
  const boundary = `vitte-${randomBytes(24).toString('hex')}`;
  const before = Buffer.concat([
    ...bundles.flatMap(({ bytes, key }) => [
      partHead(boundary, mediaTypes.sigstoreBundle, bytes.length, key),
      bytes,
      Buffer.from('\r\n'),
    ]),
    partHead(boundary, mediaType, archive.bytes),
  ]);
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    contentType: `multipart/mixed; boundary=${boundary}`,
    bytes: before.length + archive.bytes + after.length,
    async *open() {
      yield before;
      yield* archive.open();
      yield after;
    },
  };
}

function partHead(boundary: string, type: string, bytes: number, key?: Uint8Array): Buffer {
  const lines = [`--${boundary}`, `Content-Type: ${type}`, `Content-Length: ${bytes}`];
  if (key) lines.push(`Vitte-Signature-Key: ${Buffer.from(key).toString('base64')}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}
