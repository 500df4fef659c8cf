import { randomUUID } from 'node:crypto';

const requestIdForm = /^[A-Za-z0-9._-]{1,64}$/;

/** The id that a request names itself by, where it has the form, else a new one. */
export function requestId(header?: string | string[]): string {
  return typeof header === 'string' && requestIdForm.test(header) ? header : randomUUID();
}
