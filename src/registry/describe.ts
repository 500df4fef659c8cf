import { isVitteError, VitteError } from '../core/errors.ts';
import type { StoreRecord } from '../index/port.ts';
import type { Parts } from './parts.ts';
import { type Answer, anonymous, type CallContext, type RegistryDescription } from './port.ts';

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
      profile: record.profile,
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

/** The store's id: from the index, or from the store itself where that is away. */
export async function storeIdOf(
  parts: Parts,
  options: { signal?: AbortSignal } = {},
): Promise<string> {
  try {
    return (await storeOf(parts, { actor: anonymous, ...options })).store;
  } catch (error) {
    if (!isVitteError(error, 'PKG_E_INDEX_UNAVAILABLE')) throw error;
    const found = await parts.storeReader?.store(options).catch(() => undefined);
    if (found === undefined) throw error;
    return found;
  }
}
