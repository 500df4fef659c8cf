import { includesRole, type PackageRole } from '../core/people.ts';

/** Roles of this release: one administrator, who may publish any name. */
export type Role = 'admin';

/** True where this role may publish versions of a package that belongs to `owner`, or create one. */
export function mayPublish(role: Role | 'reader'): boolean {
  return role === 'admin';
}

/**
 * True where an actor may do with a package what this role on it allows: an administrator, and who stands on the
 * package's own list with that role or one above it.
 */
export function mayAs(
  wanted: PackageRole,
  actor: { account: string; role: Role | 'reader' },
  owners: readonly { account: string; role: PackageRole }[],
): boolean {
  if (actor.role === 'admin') return true;
  return owners.some(
    ({ account, role }) => account === actor.account && includesRole(role, wanted),
  );
}
