import { randomUUID } from 'node:crypto';
import { VitteError } from '../core/errors.ts';
import type { JournalEvent } from '../core/journal-entry.ts';
import type { VersionRecord } from '../index/port.ts';
import type { CheckedBundle } from './bundles.ts';
import type { Parts } from './parts.ts';
import type { CallContext, PublishRequest } from './port.ts';

/** Pushes and journals those signatures that a published version does not have yet. */
export async function attach(
  parts: Parts,
  request: Pick<PublishRequest, 'name' | 'version'>,
  standing: VersionRecord,
  bundles: CheckedBundle[],
  { sequence, context }: { sequence: number; context: CallContext },
) {
  const known = new Set(standing.signatures.map((signature) => signature.bundle));
  const fresh = bundles.filter(({ artifact }) => !known.has(artifact.digest));
  if (fresh.length === 0) return;
  for (const { artifact } of fresh) await parts.versions.pushBundle(request.name, artifact);
  const event: JournalEvent = {
    id: randomUUID(),
    actor: context.actor.account,
    event: 'attached',
    package: request.name,
    version: request.version,
    digest: standing.digest,
    bundles: fresh.map(({ artifact }) => artifact.digest),
  };
  const signatures = fresh.map((bundle) => bundle.fact);
  const item = { event, role: 'admin', signatures, readAt: sequence } as const;
  const outcome = await parts.journal.submit(item);
  if (outcome.status === 'refused') throw new VitteError(outcome.code, outcome.message, outcome);
}
