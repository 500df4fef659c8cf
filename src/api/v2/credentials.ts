import { VitteError } from '../../core/errors.ts';

/** `token` is opaque or a short-lived one; Basic carries opaque ones alone. */
export type Credentials = { scheme: 'basic' | 'bearer'; token: string };

const lengthMax = 8 * 1024;

/**
 * What an Authorization header shows: `Bearer TOKEN`, or Basic with any name and the token as the password. Undefined
 * where there is none. Throws PKG_E_TOKEN for what is neither; the message never repeats it.
 */
export function parseCredentials(headers: readonly string[] | undefined): Credentials | undefined {
  const [header, ...others] = headers ?? [];
  if (header === undefined) return undefined;
  if (others.length > 0) throw tokenError('the request has several Authorization headers');
  const [, scheme = '', value = ''] = /^(bearer|basic) +([\w.~+/-]+=*) *$/i.exec(header) ?? [];
  if (scheme === '' || header.length > lengthMax) {
    throw tokenError('the Authorization header is neither Bearer nor Basic');
  }
  if (/^bearer$/i.test(scheme)) return { scheme: 'bearer', token: value };
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 0) throw tokenError('the Basic credentials have no password');
  return { scheme: 'basic', token: pair.slice(colon + 1) };
}

export function tokenError(message: string): VitteError {
  return new VitteError('PKG_E_TOKEN', message, {
    help: 'log in with any name and the token of this registry as the password',
  });
}
