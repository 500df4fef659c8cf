import { VitteError } from '../core/errors.ts';

/** Where a registry is looked for when nobody says: the address of `vitte registry serve`. */
export const defaultRegistryUrl = 'http://127.0.0.1:7878';

/** A registry's base URL in the one form that files are keyed by: no trailing slash, query or user. */
export type RegistryUrl = string & { readonly __brand: 'RegistryUrl' };

/** Parses a registry's URL from outside; a path before `/api/v1` is kept. Throws PKG_E_CONFIG. */
export function parseRegistryUrl(text: string): RegistryUrl {
  const url = URL.parse(text.trim());
  // The text is not repeated where it may hold a password.
  if (url === null) throw urlError('is not a URL', text.includes('@') ? undefined : text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw urlError('is neither http:// nor https://', url.protocol);
  }
  if (url.username || url.password) throw urlError('holds a user name or a password');
  if (url.search || url.hash) throw urlError('has a query or a fragment', url.origin);
  return (url.origin + url.pathname.replace(/\/+$/, '')) as RegistryUrl;
}

function urlError(why: string, shown?: string) {
  const which = shown === undefined ? '' : ` ${JSON.stringify(shown.slice(0, 200))}`;
  return new VitteError('PKG_E_CONFIG', `the registry URL${which} ${why}`, {
    help: `a registry URL looks like ${defaultRegistryUrl}; tokens go into --token or VITTE_TOKEN`,
  });
}
