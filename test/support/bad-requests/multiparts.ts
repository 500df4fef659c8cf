import { mediaTypes } from '../../../src/core/media-types.ts';
import { archiveType, type BadRequest, row, target } from './row.ts';

export function badMultiparts(bearer: string, archive: Uint8Array): BadRequest[] {
  const boundary = 'edge';
  const mixed = `Content-Type: multipart/mixed; boundary=${boundary}`;
  const bundleType = `Content-Type: ${mediaTypes.sigstoreBundle}`;
  const part = (lines: string[], body: string | Uint8Array) =>
    Buffer.concat([
      Buffer.from(`--${boundary}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1'),
      Buffer.from(body as Uint8Array),
      Buffer.from('\r\n'),
    ]);
  const bundle = part([bundleType], '{}');
  const archived = part([archiveType], archive);
  const close = Buffer.from(`--${boundary}--\r\n`);
  const put = (
    name: string,
    pieces: (string | Uint8Array)[],
    status = 400,
    code = 'PKG_E_REQUEST',
    type = mixed,
  ) =>
    row(
      `multipart with ${name}`,
      status,
      code,
      {
        method: 'PUT',
        headers: [bearer, type],
        body: Buffer.concat(pieces.map((piece) => Buffer.from(piece as Uint8Array))),
      },
      target,
    );
  const types: [string, string][] = [
    ['no boundary', 'multipart/mixed'],
    ['an empty boundary', 'multipart/mixed; boundary=""'],
    ['a boundary over 70 characters', `multipart/mixed; boundary=${'b'.repeat(71)}`],
    ['a boundary that ends with a space', 'multipart/mixed; boundary="b "'],
    ['a boundary of other characters', 'multipart/mixed; boundary="b<>"'],
    ['two boundaries', 'multipart/mixed; boundary=edge; boundary=other'],
    ['parameters that can not be read', 'multipart/mixed; boundary'],
    ['an unclosed quote', 'multipart/mixed; boundary="edge'],
  ];
  return [
    ...types.map(([name, type]) =>
      put(name, [archived, close], 400, 'PKG_E_REQUEST', `Content-Type: ${type}`),
    ),
    put('nothing', ['\r\n'], 400, 'PKG_E_BODY_TRUNCATED'),
    put(
      'another boundary',
      [String(Buffer.from(close)).replaceAll(boundary, 'other')],
      400,
      'PKG_E_BODY_TRUNCATED',
    ),
    put('a preamble over 1 KiB', ['x'.repeat(2_000), '\r\n', archived, close]),
    put('no part', [close]),
    put('no archive', [bundle, close]),
    put('two archives', [archived, archived, close]),
    put('a bundle behind the archive', [archived, bundle, close]),
    put(
      '17 bundles',
      [...Array.from({ length: 17 }, () => bundle), archived, close],
      422,
      'PKG_E_SIGNATURE_LIMIT',
    ),
    put(
      'a bundle over 64 KiB',
      [part([bundleType], 'x'.repeat(65_537)), archived, close],
      422,
      'PKG_E_SIGNATURE_LIMIT',
    ),
    put(
      'a part of another type',
      [part(['Content-Type: application/json'], '{}'), archived, close],
      415,
      'PKG_E_MEDIA_TYPE',
    ),
    put(
      'a part within a part',
      [part(['Content-Type: multipart/mixed; boundary=x'], ''), archived, close],
      415,
      'PKG_E_MEDIA_TYPE',
    ),
    put('a part without headers', [part([], '{}'), archived, close], 415, 'PKG_E_MEDIA_TYPE'),
    put(
      'a part without a type',
      [part(['X-Y: z'], '{}'), archived, close],
      415,
      'PKG_E_MEDIA_TYPE',
    ),
    put('a part whose type can not be read', [
      part(['Content-Type: nonsense'], '{}'),
      archived,
      close,
    ]),
    put('a part with two types', [part([bundleType, bundleType], '{}'), archived, close]),
    put(
      'a part in base64',
      [part([bundleType, 'Content-Transfer-Encoding: base64'], 'e30='), archived, close],
      415,
      'PKG_E_MEDIA_TYPE',
    ),
    put(
      'a part that is compressed',
      [part([archiveType, 'Content-Encoding: gzip'], archive), close],
      415,
      'PKG_E_MEDIA_TYPE',
    ),
    put('a header that is none', [part([bundleType, 'nonsense'], '{}'), archived, close]),
    put('a folded header', [part([bundleType, ' folded'], '{}'), archived, close]),
    put('headers over 8 KiB', [
      part([bundleType, `X-Y: ${'a'.repeat(9_000)}`], '{}'),
      archived,
      close,
    ]),
    put('headers without an end', [`--${boundary}\r\nX-Y: ${'a'.repeat(9_000)}`]),
    put(
      'a key that is not base64',
      [part([bundleType, 'Vitte-Signature-Key: ****'], '{}'), archived, close],
      422,
      'PKG_E_KEY_FORMAT',
    ),
    put(
      'an empty key',
      [part([bundleType, 'Vitte-Signature-Key:'], '{}'), archived, close],
      422,
      'PKG_E_KEY_FORMAT',
    ),
    put(
      'a key over 1 KiB',
      [part([bundleType, `Vitte-Signature-Key: ${'A'.repeat(2_000)}`], '{}'), archived, close],
      422,
      'PKG_E_KEY_FORMAT',
    ),
    put('text behind a boundary', [
      `--${boundary}x\r\n${archiveType}\r\n\r\n`,
      archive,
      '\r\n',
      close,
    ]),
    put('text behind the last boundary', [archived, `--${boundary}--x\r\n`]),
    put('an epilogue over 1 KiB', [archived, close, 'x'.repeat(2_000)]),
    put(
      'a bundle cut short',
      [part([bundleType], '{}').subarray(0, -4)],
      400,
      'PKG_E_BODY_TRUNCATED',
    ),
    put('an archive cut short', [archived.subarray(0, -4)], 400, 'PKG_E_BODY_TRUNCATED'),
    put('no last boundary', [archived], 400, 'PKG_E_BODY_TRUNCATED'),
    put('half a last boundary', [archived, close.subarray(0, 4)], 400, 'PKG_E_BODY_TRUNCATED'),
    put(
      'a last boundary without its dashes',
      [archived, `--${boundary}`],
      400,
      'PKG_E_BODY_TRUNCATED',
    ),
    put(
      'line feeds alone',
      [String(Buffer.from(bundle)).replaceAll('\r', ''), close],
      400,
      'PKG_E_BODY_TRUNCATED',
    ),
  ];
}
