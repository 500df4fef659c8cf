import type { Headers } from './headers.ts';

/** The head of an answer whose body has a length that is told. */
export type AnswerHead = { status: number; headers: Headers; length: number };

const statusLine = /^HTTP\/1\.1 (\d{3})(?: [^\r\n]*)?$/;
const fieldLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;
const lengthForm = /^\d{1,15}$/;

/**
 * Reads the head of a final answer as RFC 9112 has it, without the empty line at its end. Undefined for whatever is
 * not plainly that: another version, an interim answer, one without a body, a body whose end is told in another way
 * than by one Content-Length, a field that is folded or malformed.
 */
export function parseAnswerHead(text: string): AnswerHead | undefined {
  const [first = '', ...lines] = text.split('\r\n');
  const status = Number(statusLine.exec(first)?.[1] ?? 0);
  if (status < 200 || status === 204 || status === 304) return undefined;
  const headers: Record<string, string | string[]> = {};
  for (const line of lines) {
    const [, field, value] = fieldLine.exec(line) ?? [];
    if (field === undefined || value === undefined) return undefined;
    add(headers, field.toLowerCase(), value.trimEnd());
  }
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  if (encoding !== undefined || typeof length !== 'string' || !lengthForm.test(length)) {
    return undefined;
  }
  return { status, headers, length: Number(length) };
}

function add(headers: Record<string, string | string[]>, name: string, value: string) {
  const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
  const all = before === undefined ? value : [before, value].flat();
  Object.defineProperty(headers, name, { value: all, enumerable: true, configurable: true });
}
