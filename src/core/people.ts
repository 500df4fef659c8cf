// Who stands behind a package: accounts, and what one may do there.
import { VitteError } from './errors.ts';

/** An account's id. Entries of the journal hold it, so it is never an address of a person. */
export type Account = string & { readonly __brand: 'Account' };

const accountForm = /^[a-z0-9](?:[._-]?[a-z0-9])*$/;
export const accountLengthMax = 64;

/** Who the registry itself speaks of: who asks without a token, and itself. */
const reservedAccounts: ReadonlySet<string> = new Set(['anonymous', 'registry']);

/** Parses an account's id from outside. Throws PKG_E_ACCOUNT. */
export function parseAccount(text: string): Account {
  const fits = text.length <= accountLengthMax && accountForm.test(text);
  if (fits && !reservedAccounts.has(text)) return text as Account;
  throw new VitteError('PKG_E_ACCOUNT', `not an account: ${JSON.stringify(text.slice(0, 100))}`, {
    help: `an account is 1 to ${accountLengthMax} lower-case letters, digits and single inner ". _ -"`,
  });
}

/**
 * Roles on a package, each including the one before: publishes new versions; yanks and deprecates; decides about
 * people.
 */
export const packageRoles = ['publisher', 'maintainer', 'owner'] as const;
export type PackageRole = (typeof packageRoles)[number];

/** Parses a role from outside. Throws PKG_E_ACCOUNT. */
export function parsePackageRole(text: string): PackageRole {
  const role = packageRoles.find((known) => known === text);
  if (role) return role;
  throw new VitteError('PKG_E_ACCOUNT', `not a role: ${JSON.stringify(text.slice(0, 100))}`, {
    help: `roles are ${packageRoles.join(', ')}`,
  });
}

/** True where `held` is the role that is wanted or one above it. A role of a later release includes none. */
export function includesRole(held: PackageRole, wanted: PackageRole): boolean {
  return packageRoles.indexOf(held) >= packageRoles.indexOf(wanted);
}
