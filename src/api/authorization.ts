import { VitteError } from '../core/errors.ts';

const credentialsLengthMax = 8 * 1024;

/**
 * The token of an Authorization header, or undefined where there is none. `Bearer` is the only scheme (RFC 6750).
 * Throws PKG_E_TOKEN for another scheme, several headers, or what is no token; the message never repeats it.
 */
export function bearerToken(headers: readonly string[] | undefined): string | undefined {
  const [header, ...others] = headers ?? [];
  if (header === undefined) return undefined;
  if (others.length > 0) throw tokenError('the request has several Authorization headers');
  const token = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header)?.[1];
  if (token === undefined || header.length > credentialsLengthMax) {
    throw tokenError('the Authorization header is not of the form "Bearer TOKEN"');
  }
  return token;
}

function tokenError(message: string) {
  return new VitteError('PKG_E_TOKEN', message, {
    help: 'send the header Authorization: Bearer TOKEN, once',
  });
}
