import type { CallContext } from '../registry/port.ts';
import type { UseCases } from './use-cases.ts';

const known = new WeakMap<UseCases, string>();

/** The store's id, asked for once: it is fixed for as long as a store exists. */
export async function storeId(useCases: UseCases, call: CallContext): Promise<string> {
  const found = known.get(useCases);
  if (found !== undefined) return found;
  const store = useCases.storeId
    ? await useCases.storeId(call.signal ? { signal: call.signal } : {})
    : (await useCases.describe(call)).value.store;
  known.set(useCases, store);
  return store;
}
