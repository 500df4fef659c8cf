import { randomUUID } from 'node:crypto';
import { mayAs, type Role } from '../auth/rights.ts';
import { VitteError } from '../core/errors.ts';
import type { JournalEvent } from '../core/journal-entry.ts';
import type { PackageName } from '../core/name.ts';
import type { PackageRole } from '../core/people.ts';
import { listedVersions } from '../index/listed-versions.ts';
import type { PackageRecord } from '../index/port.ts';
import { readPackage } from './info.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext } from './port.ts';
import { packageNotFound } from './version-info.ts';

/** A package as it was read at this number, for a caller whose role may change it. */
export type Changeable = { record: PackageRecord; sequence: number; role: Role };

/**
 * The package that is to be changed. Throws PKG_E_TOKEN for who asks without one, PKG_E_NOT_FOUND, and PKG_E_FORBIDDEN
 * where the caller has not got this role on the package. The journal's writer looks at the rights again.
 */
export async function readChangeable(
  parts: Parts,
  name: PackageName,
  wanted: PackageRole,
  context: CallContext,
): Promise<Changeable> {
  const { role } = context.actor;
  if (role === 'reader') {
    throw new VitteError('PKG_E_TOKEN', 'changing a package needs a token', {
      help: 'give it in VITTE_TOKEN or with --token',
    });
  }
  const { sequence, value: record } = await readListed(parts, name, context);
  if (mayAs(wanted, context.actor, record.owners)) return { record, sequence, role };
  throw new VitteError('PKG_E_FORBIDDEN', `${name} is not yours to change`);
}

/** A package that has a version to show. Throws PKG_E_NOT_FOUND. */
export async function readListed(
  parts: Parts,
  name: PackageName,
  context: CallContext,
): Promise<Answer<PackageRecord>> {
  const { sequence, value: record } = await readPackage(parts, name, context);
  if (!record || listedVersions(record).length === 0) throw packageNotFound(name);
  return { sequence, value: record };
}

type WithoutOrigin<T> = T extends unknown ? Omit<T, 'id' | 'actor'> : never;

/**
 * Journals a change and gives the package as it stands then. `changed` is false where it stood so already. Throws
 * what the journal's writer says against it.
 */
export async function changePackage(
  parts: Parts,
  { record, sequence, role }: Changeable,
  event: WithoutOrigin<JournalEvent>,
  context: CallContext,
): Promise<Answer<{ record: PackageRecord; changed: boolean }>> {
  const id = randomUUID();
  const { account: actor } = context.actor;
  const outcome = await parts.journal.submit({
    event: { id, actor, ...event } as JournalEvent,
    role,
    readAt: sequence,
  });
  if (outcome.status === 'refused') throw new VitteError(outcome.code, outcome.message, outcome);
  const minSequence = Math.max(sequence, context.minSequence ?? 0, outcome.n);
  const after = await readListed(parts, record.name, { ...context, minSequence });
  const changed = outcome.status === 'journaled';
  return { sequence: after.sequence, value: { record: after.value, changed } };
}
