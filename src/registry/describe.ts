import { VitteError } from '../core/errors.ts';
import { manifestProfile } from '../core/version-manifest.ts';
import type { StoreRecord } from '../index/port.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, RegistryDescription } from './port.ts';

/** What this registry is: its store, its manifest profile, its log. */
export async function describe(
  parts: Parts,
  context: CallContext,
): Promise<Answer<RegistryDescription>> {
  const { sequence, ...record } = await storeOf(parts, context);
  return {
    sequence,
    value: {
      store: record.store,
      profile: manifestProfile,
      encoding: record.encoding,
      log: { origin: record.origin, keyFingerprint: record.key },
      sequence,
    },
  };
}

/** Entry 1 as the index holds it, with the journal's number. */
export async function storeOf(
  parts: Parts,
  context: CallContext,
): Promise<StoreRecord & { sequence: number }> {
  const { sequence, value } = await parts.reader.read(
    (index, options) => index.store(options),
    context,
  );
  if (!value) throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'the registry is being created');
  return { ...value, sequence };
}
