import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';
import type { VersionRecord } from '../index/port.ts';
import { changePackage, readChangeable } from './package-change.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, Changed, YankState } from './port.ts';
import { requireVersion } from './version-info.ts';

/**
 * Yanks a version, so that no requirement chooses it any more, or lifts that. A version that is yanked already stays
 * as it is, unless another reason is given. Throws PKG_E_TOKEN, PKG_E_FORBIDDEN, PKG_E_NOT_FOUND.
 */
export async function yank(
  parts: Parts,
  request: { name: PackageName; version: Version; yanked: boolean; reason?: string },
  context: CallContext,
): Promise<Answer<Changed<YankState>>> {
  const { name, version, yanked, reason } = request;
  const before = await readChangeable(parts, name, 'maintainer', context);
  const standing = requireVersion(name, before.record, version);
  const event = {
    event: yanked ? ('yanked' as const) : ('unyanked' as const),
    package: name,
    version,
    digest: standing.digest,
    ...(reason === undefined || reason === '' ? {} : { reason }),
  };
  const { sequence, value } = await changePackage(parts, before, event, context);
  const after = requireVersion(name, value.record, version);
  return { sequence, value: { ...yankState(name, after), changed: value.changed } };
}

function yankState(name: PackageName, record: VersionRecord): YankState {
  const { version, digest, yanked, yank } = record;
  return { name, version, digest, yanked, yank };
}
