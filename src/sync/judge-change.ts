import { mayAs } from '../auth/rights.ts';
import type { JournalEvent } from '../core/journal-entry.ts';
import type { PackageRole } from '../core/people.ts';
import type { Outcome, QueueItem } from '../index/port.ts';
import type { JudgedPackage, Since } from './judged-package.ts';

/** Events that change what stands of a package: the same word twice is one entry. */
export type Change = Extract<
  JournalEvent,
  { event: 'yanked' | 'unyanked' | 'deprecated' | 'owner' }
>;

const wantedRole: Record<Change['event'], PackageRole> = {
  yanked: 'maintainer',
  unyanked: 'maintainer',
  deprecated: 'maintainer',
  owner: 'owner',
};

/**
 * Judges a change of a package as it stands, and takes it over there. `append` journals it. Undefined where it was
 * journaled: its entry tells the outcome.
 */
export function judgeChange(
  item: Pick<QueueItem, 'role'>,
  event: Change,
  known: JudgedPackage,
  append: (event: Change) => Since,
): Outcome | undefined {
  if (!known.created) return refused('PKG_E_NOT_FOUND', `there is no package ${event.package}`);
  const actor = { account: event.actor, role: item.role };
  const people = [...known.owners].map(([account, { role }]) => ({ account, role }));
  if (!mayAs(wantedRole[event.event], actor, people)) {
    return refused('PKG_E_FORBIDDEN', `${event.package} is not yours to change`);
  }
  switch (event.event) {
    case 'yanked':
    case 'unyanked':
      return judgeYank(event, known, append);
    case 'deprecated':
      return judgeDeprecation(event, known, known.created, append);
    case 'owner':
      return judgeOwner(event, known, known.created, append);
  }
}

function judgeYank(
  event: Extract<Change, { event: 'yanked' | 'unyanked' }>,
  known: JudgedPackage,
  append: (event: Change) => Since,
): Outcome | undefined {
  const version = known.versions.find((other) => other.version === event.version);
  const stands = version?.digest === event.digest && version.tarSha256 !== undefined;
  if (!version || !stands) {
    return refused('PKG_E_NOT_FOUND', `there is no ${event.package}@${event.version}`);
  }
  if (event.event === 'unyanked') {
    if (!version.yank) return existing(version);
    append(event);
    version.yank = undefined;
    return undefined;
  }
  const { reason } = event;
  const says = version.yank && (reason === undefined || version.yank.reason === reason);
  if (version.yank && says) return existing(version.yank);
  version.yank = { reason, ...append(event) };
  return undefined;
}

function judgeDeprecation(
  event: Extract<Change, { event: 'deprecated' }>,
  known: JudgedPackage,
  created: Since,
  append: (event: Change) => Since,
): Outcome | undefined {
  const { message } = event;
  if ((known.deprecation?.message ?? '') === message) return existing(known.deprecation ?? created);
  const since = append(event);
  known.deprecation = message === '' ? undefined : { message, ...since };
  return undefined;
}

function judgeOwner(
  event: Extract<Change, { event: 'owner' }>,
  { owners }: JudgedPackage,
  created: Since,
  append: (event: Change) => Since,
): Outcome | undefined {
  const { account, change } = event;
  const role = change === 'added' ? event.role : undefined;
  const standing = owners.get(account);
  if (standing?.role === role) return existing(standing ?? created);
  const isLast = [...owners].every(([other, held]) => other === account || held.role !== 'owner');
  if (standing?.role === 'owner' && isLast) {
    return refused('PKG_E_OWNER_LAST', `${account} is the last owner of ${event.package}`);
  }
  const since = append(event);
  if (role) owners.set(account, { role, ...since });
  else owners.delete(account);
  return undefined;
}

function existing({ n, at }: Since): Outcome {
  return { status: 'existing', n, at };
}

export function refused(
  code: Extract<Outcome, { status: 'refused' }>['code'],
  message: string,
): Outcome {
  return { status: 'refused', code, message };
}
