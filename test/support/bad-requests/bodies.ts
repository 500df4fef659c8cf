import { archiveType, type BadRequest, head, row, target } from './row.ts';

export function badBodies(bearer: string, archive: Uint8Array): BadRequest[] {
  const type = archiveType;
  const put = (
    name: string,
    status: number,
    code: string,
    headers: string[],
    body?: string | Uint8Array,
  ) =>
    row(
      `PUT with ${name}`,
      status,
      code,
      { method: 'PUT', headers: [bearer, ...headers], ...(body === undefined ? {} : { body }) },
      target,
    );
  const open = (
    name: string,
    headers: string[],
    body: string | Uint8Array,
    status = 400,
    code = 'PKG_E_BODY_TRUNCATED',
  ): BadRequest => ({
    ...put(name, status, code, headers),
    bytes: Buffer.concat([
      head('PUT', target, [bearer, ...headers]),
      Buffer.from(body as Uint8Array),
    ]),
    end: true,
  });
  const half = archive.subarray(0, Math.ceil(archive.length / 2));
  const chunk = (bytes: Uint8Array) =>
    Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes]);
  return [
    put('no body', 400, 'PKG_E_REQUEST', [type, 'Content-Length: 0']),
    put('neither length nor chunks', 400, 'PKG_E_REQUEST', [type]),
    put('no Content-Type', 415, 'PKG_E_MEDIA_TYPE', [], 'x'),
    put(
      'a type that is no package',
      415,
      'PKG_E_MEDIA_TYPE',
      ['Content-Type: application/zip'],
      'x',
    ),
    put(
      'a form',
      415,
      'PKG_E_MEDIA_TYPE',
      ['Content-Type: multipart/form-data; boundary=x'],
      '--x--',
    ),
    put('a type that can not be read', 400, 'PKG_E_REQUEST', ['Content-Type: nonsense'], 'x'),
    put('an endless type', 400, 'PKG_E_REQUEST', [`${archiveType}; x=${'y'.repeat(600)}`], 'x'),
    put('two types', 400, 'PKG_E_REQUEST', [type, 'Content-Type: application/zip'], 'x'),
    put('an encoded body', 415, 'PKG_E_MEDIA_TYPE', [type, 'Content-Encoding: gzip'], 'x'),
    put(
      'two encodings',
      415,
      'PKG_E_MEDIA_TYPE',
      [type, 'Content-Encoding: identity', 'Content-Encoding: br'],
      'x',
    ),
    {
      ...put('a body over the limit', 413, 'PKG_E_BODY_SIZE', []),
      bytes: head('PUT', target, [bearer, type, 'Content-Length: 99999999999999']),
    },
    open('a body that never comes', [type, 'Content-Length: 10'], ''),
    open('a body cut short', [type, `Content-Length: ${archive.length}`], half),
    open('no chunk', [type, 'Transfer-Encoding: chunked'], ''),
    open('chunks that are cut short', [type, 'Transfer-Encoding: chunked'], chunk(half)),
    open(
      'chunks without an end',
      [type, 'Transfer-Encoding: chunked'],
      Buffer.concat([chunk(half), Buffer.from('\r\n')]),
    ),
    open(
      'a chunk size that is none',
      [type, 'Transfer-Encoding: chunked'],
      'zz\r\nx\r\n',
      400,
      'PKG_E_REQUEST',
    ),
    open(
      'a chunk longer than it says',
      [type, 'Transfer-Encoding: chunked'],
      Buffer.concat([Buffer.from('1\r\n'), archive.subarray(0, 9)]),
      400,
      'PKG_E_REQUEST',
    ),
  ];
}
