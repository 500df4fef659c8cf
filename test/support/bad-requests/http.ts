import { type BadRequest, host, target } from './row.ts';

/** What is no HTTP, or HTTP that two readers take for different things. */
export function badHttp(): BadRequest[] {
  const get = 'GET /api/v1/registry HTTP/1.1\r\n';
  const bad = (name: string, bytes: string, status = 400, code = 'PKG_E_REQUEST'): BadRequest => ({
    name,
    bytes: Buffer.from(bytes, 'latin1'),
    expect: { status, code },
  });
  return [
    bad('garbage', 'garbage\r\n\r\n'),
    bad('a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
    bad('an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    bad('a method that does not exist', `BREW /api/v1/registry HTTP/1.1\r\n${host}\r\n\r\n`),
    bad('a method in lower case', `get /api/v1/registry HTTP/1.1\r\n${host}\r\n\r\n`),
    bad('a version that does not exist', `GET /api/v1/registry HTTP/9.9\r\n${host}\r\n\r\n`),
    bad('a space in the target', `GET /api/v1/ registry HTTP/1.1\r\n${host}\r\n\r\n`),
    bad('no Host', `${get}\r\n`),
    bad('two Hosts', `${get}${host}\r\nHost: other.test\r\n\r\n`),
    bad('an unknown expectation', `${get}${host}\r\nExpect: the-unexpected\r\n\r\n`),
    bad('a header without a colon', `${get}${host}\r\nnonsense\r\n\r\n`),
    bad('a space before the colon', `${get}${host}\r\nX-Y : z\r\n\r\n`),
    bad('a NUL in a header', `${get}${host}\r\nX-Y: a\0b\r\n\r\n`),
    bad('a bare CR in a header', `${get}${host}\r\nX-Y: a\rb\r\n\r\n`),
    bad(
      'a header over 16 KiB',
      `${get}${host}\r\nX-Y: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      'PKG_E_HEADER_SIZE',
    ),
    bad(
      'a thousand headers',
      `${get}${host}\r\n${'X-Y: 0123456789\r\n'.repeat(1_200)}\r\n`,
      431,
      'PKG_E_HEADER_SIZE',
    ),
    bad(
      'a target over 16 KiB',
      `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n\r\n`,
      431,
      'PKG_E_HEADER_SIZE',
    ),
    ...['abc', '-1', '1.5', '0x10', '', '+1', '1 1', '99999999999999999999999'].map((length) =>
      bad(
        `Content-Length: ${length}`,
        `PUT ${target} HTTP/1.1\r\n${host}\r\nContent-Length: ${length}\r\n\r\nx`,
      ),
    ),
    bad(
      'two lengths',
      `PUT ${target} HTTP/1.1\r\n${host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx`,
    ),
    bad(
      'a length and chunks',
      `PUT ${target} HTTP/1.1\r\n${host}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ),
    bad(
      'an unknown transfer encoding',
      `PUT ${target} HTTP/1.1\r\n${host}\r\nTransfer-Encoding: rot13\r\n\r\nx`,
    ),
    bad('CONNECT', `CONNECT registry.test:443 HTTP/1.1\r\n${host}\r\n\r\n`, 405, 'PKG_E_METHOD'),
    bad(
      'an upgrade to a place that is not there',
      `GET /socket HTTP/1.1\r\n${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      404,
      'PKG_E_ROUTE',
    ),
    {
      ...bad('headers cut short', `${get}${host}\r\nX-Y: a`, 400, 'PKG_E_BODY_TRUNCATED'),
      end: true,
    },
  ];
}
