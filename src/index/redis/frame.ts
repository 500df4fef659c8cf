import { VitteError } from '../../core/errors.ts';
import type { Entry } from '../../core/journal-entry.ts';
import type { PackageName } from '../../core/name.ts';
import { pack, stringsOf } from './pack.ts';
import { unpack } from './unpack.ts';

/**
 * Entries about one package, each of which can be cut out and read with no more than the package's name, and what goes
 * with them. A byte for their count, three for the length of each, the entries, the rest.
 */
export function packFrame(name: PackageName, entries: Entry[], rest: unknown): Buffer {
  const packed = entries.map((entry) => pack(entry, [name]));
  const lengths = Buffer.alloc(1 + 3 * packed.length);
  lengths.writeUInt8(packed.length);
  for (const [at, { length }] of packed.entries()) lengths.writeUIntBE(length, 1 + 3 * at, 3);
  return Buffer.concat([lengths, ...packed, pack(rest, stringsOf(entries))]);
}

/** What `packFrame` was given with this name. */
export function unpackFrame(name: string, bytes: Buffer): { entries: Entry[]; rest: unknown } {
  return readable(() => {
    const count = bytes.readUInt8();
    let from = 1 + 3 * count;
    const entries = Array.from({ length: count }, (_, at) => {
      const to = from + bytes.readUIntBE(1 + 3 * at, 3);
      const entry = unpack(bytes.subarray(from, to), [name]) as Entry;
      from = to;
      return entry;
    });
    return { entries, rest: unpack(bytes.subarray(from), stringsOf(entries)) };
  });
}

/** What `read` gives; PKG_E_INDEX_UNAVAILABLE for bytes that it can't read. */
export function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new VitteError('PKG_E_INDEX_UNAVAILABLE', 'Redis holds what this release cannot read', {
      help: 'make the index anew from the journal: vitte registry rebuild',
      cause,
    });
  }
}
