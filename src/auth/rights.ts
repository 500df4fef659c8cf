/** Roles of this release: one administrator, who may publish any name. */
export type Role = 'admin';

/** True where this role may publish versions of a package that belongs to `owner`, or create one. */
export function mayPublish(role: Role | 'reader'): boolean {
  return role === 'admin';
}
