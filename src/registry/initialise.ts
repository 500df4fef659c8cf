import { randomBytes, randomUUID } from 'node:crypto';
import { VitteError } from '../core/errors.ts';
import type { Index } from '../index/port.ts';
import type { StoreForm } from '../storage/store-form.ts';
import type { Journal } from '../sync/journal.ts';

/**
 * Brings the index to the journal's end and, in an empty store, writes entry 1. `created` is true for the one
 * replica whose entry 1 was journaled: it makes the first token. Throws PKG_E_CONFIG where the store belongs to
 * another service key, or is in another encoding or of another profile than the settings say.
 */
export async function initialise(
  parts: { journal: Journal; index: Index; form: StoreForm },
  serviceKey: { fingerprint: string },
  options: { signal?: AbortSignal; onProgress?: (sequence: number) => void } = {},
): Promise<{ created: boolean }> {
  await parts.journal.catchUp({ ...options, open: true });
  const created = (await parts.index.store()).value === undefined && (await createStore());
  const { value: store } = await parts.index.store();
  if (store?.key !== serviceKey.fingerprint) {
    throw new VitteError(
      'PKG_E_CONFIG',
      `the store was made by the service key ${store?.key.slice(0, 16)}…, this is ${serviceKey.fingerprint.slice(0, 16)}…`,
      { help: 'give every server of this store the same VITTE_REGISTRY_SECRET_FILE' },
    );
  }
  parts.form.adopt(store);
  return { created };

  async function createStore(): Promise<boolean> {
    const store = randomBytes(16).toString('hex');
    const outcome = await parts.journal.submit({
      event: {
        id: randomUUID(),
        actor: 'registry',
        event: 'registry created',
        store,
        encoding: parts.form.encoding,
        profile: await parts.form.profile(options),
        origin: `vitte-registry/${store}`,
        key: serviceKey.fingerprint,
      },
      role: 'admin',
      readAt: 0,
    });
    return outcome.status === 'journaled';
  }
}
