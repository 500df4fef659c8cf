// What the rows of `../bad-requests.ts` are made of.
import { mediaTypes } from '../../../src/core/media-types.ts';

export type BadRequest = {
  name: string;
  /** The request, byte for byte. */
  bytes: Buffer;
  /** Whether the client then says that nothing more will come. */
  end?: boolean;
  expect: { status: number; code: string };
};

export type RequestParts = {
  method?: string;
  headers?: string[];
  body?: string | Uint8Array;
};

export const host = 'Host: registry.test';
/** A version that stands in the registry. */
export const published = '/api/v1/packages/demo-lib/0.1.0';
/** One that does not, and that nobody manages to publish here. */
export const target = '/api/v1/packages/bad-input/1.0.0';
export const archiveType = `Content-Type: ${mediaTypes.vitmod}`;

/** A whole request, and the answer it gets. */
export function row(
  name: string,
  status: number,
  code: string,
  parts: RequestParts,
  path: string,
): BadRequest {
  const { method = 'GET', headers = [], body } = parts;
  const bytes = Buffer.from((body ?? '') as Uint8Array);
  const length = body === undefined ? [] : [`Content-Length: ${bytes.length}`];
  return {
    name,
    bytes: Buffer.concat([head(method, path, [...headers, ...length]), bytes]),
    expect: { status, code },
  };
}

/** A request up to its body. */
export function head(method: string, path: string, headers: string[]): Buffer {
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\n${[host, ...headers].join('\r\n')}\r\n\r\n`,
    'latin1',
  );
}

/** A text as the name of a test shows it. */
export function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}… (${text.length})` : text;
}
