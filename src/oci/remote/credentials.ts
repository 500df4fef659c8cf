import type { CallOptions } from '../port.ts';

/** What one may show to a registry or to the token service that it names. */
export type Credentials = {
  username?: string;
  password?: string;
  /** An OAuth2 refresh token, which the token service exchanges (ACR, Docker Hub). */
  identityToken?: string;
  /** A bearer token that is shown as it is. */
  registryToken?: string;
};

/** Finds the credentials of a host (`host` or `host:port`); asked anew whenever some are needed. */
export type CredentialSource = (
  host: string,
  options?: CallOptions,
) => Promise<Credentials | undefined>;

/** The value of `Authorization` for a user name and password, where there are both. */
export function basicAuthorization(credentials: Credentials | undefined): string | undefined {
  const { username, password } = credentials ?? {};
  if (username === undefined || password === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
