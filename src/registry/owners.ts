import type { PackageName } from '../core/name.ts';
import type { Account, PackageRole } from '../core/people.ts';
import { changePackage, readChangeable, readListed } from './package-change.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, Changed, OwnersState } from './port.ts';

/** Who stands behind a package, with the role of each. Throws PKG_E_NOT_FOUND. */
export async function owners(
  parts: Parts,
  name: PackageName,
  context: CallContext,
): Promise<Answer<OwnersState>> {
  const { sequence, value: record } = await readListed(parts, name, context);
  return { sequence, value: { name, owners: record.owners } };
}

/**
 * Gives an account a role on a package, whatever it had before; without a role it is taken off the list. Throws
 * PKG_E_TOKEN, PKG_E_FORBIDDEN, PKG_E_NOT_FOUND, PKG_E_OWNER_LAST.
 */
export async function setOwner(
  parts: Parts,
  request: { name: PackageName; account: Account; role?: PackageRole },
  context: CallContext,
): Promise<Answer<Changed<OwnersState>>> {
  const { name, account, role } = request;
  const before = await readChangeable(parts, name, 'owner', context);
  const event = {
    event: 'owner' as const,
    package: name,
    account,
    change: role ? ('added' as const) : ('removed' as const),
    ...(role ? { role } : {}),
  };
  const { sequence, value } = await changePackage(parts, before, event, context);
  return { sequence, value: { name, owners: value.record.owners, changed: value.changed } };
}
