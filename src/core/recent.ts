/** A bounded memory of what was learned a short while ago: the least recently used entry goes first. */
export type Recent<V> = {
  get(key: string): V | undefined;
  /** `ageMs` bounds this entry's age where it is not the usual one. */
  set(key: string, value: V, ageMs?: number): void;
  delete(key: string): void;
  /** Forgets every entry whose key begins so. */
  deletePrefix(prefix: string): void;
};

export type RecentLimits<V> = {
  entriesMax: number;
  ageMs: number;
  /** The weight of all values together, where values have one. */
  bytesMax?: number;
  bytesOf?: (value: V) => number;
};

type Kept<V> = { value: V; until: number; bytes: number };

/** An empty memory. `now` gives milliseconds of any origin that only grows. */
export function createRecent<V>(limits: RecentLimits<V>, now: () => number): Recent<V> {
  const { entriesMax, ageMs, bytesMax = Number.POSITIVE_INFINITY, bytesOf = () => 0 } = limits;
  const entries = new Map<string, Kept<V>>();
  let bytes = 0;

  function remove(key: string) {
    bytes -= entries.get(key)?.bytes ?? 0;
    entries.delete(key);
  }

  return {
    get(key) {
      const kept = entries.get(key);
      if (!kept) return undefined;
      entries.delete(key);
      if (kept.until <= now()) {
        bytes -= kept.bytes;
        return undefined;
      }
      entries.set(key, kept);
      return kept.value;
    },

    set(key, value, age = ageMs) {
      remove(key);
      const kept = { value, until: now() + age, bytes: bytesOf(value) };
      if (kept.bytes > bytesMax) return;
      entries.set(key, kept);
      bytes += kept.bytes;
      for (const oldest of entries.keys()) {
        if (entries.size <= entriesMax && bytes <= bytesMax) break;
        remove(oldest);
      }
    },

    delete: remove,

    deletePrefix(prefix) {
      for (const key of entries.keys()) if (key.startsWith(prefix)) remove(key);
    },
  };
}
