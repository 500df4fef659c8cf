import type { PackageName } from '../core/name.ts';
import type { PackageRecord } from '../index/port.ts';
import { changePackage, readChangeable, readListed } from './package-change.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, Changed, DeprecationState } from './port.ts';

/** Whether a package is deprecated, and what its owners say of it. Throws PKG_E_NOT_FOUND. */
export async function deprecation(
  parts: Parts,
  name: PackageName,
  context: CallContext,
): Promise<Answer<DeprecationState>> {
  const { sequence, value: record } = await readListed(parts, name, context);
  return { sequence, value: stateOf(record) };
}

/**
 * Deprecates a package by a message to its users; an empty one lifts it. Throws PKG_E_TOKEN, PKG_E_FORBIDDEN,
 * PKG_E_NOT_FOUND.
 */
export async function deprecate(
  parts: Parts,
  { name, message }: { name: PackageName; message: string },
  context: CallContext,
): Promise<Answer<Changed<DeprecationState>>> {
  const before = await readChangeable(parts, name, 'maintainer', context);
  const event = { event: 'deprecated', package: name, message } as const;
  const { sequence, value } = await changePackage(parts, before, event, context);
  return { sequence, value: { ...stateOf(value.record), changed: value.changed } };
}

function stateOf({ name, deprecation }: PackageRecord): DeprecationState {
  return { name, deprecation };
}
