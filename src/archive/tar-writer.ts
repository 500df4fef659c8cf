import { needsPax, paxHeaderName, paxRecord, standInName } from './pax-header.ts';
import { blockBytes, encodeHeader } from './ustar-header.ts';

/** Mode bits of an entry. */
export const plainMode = 0o644;
export const executableMode = 0o755;

/** The two zero blocks that end an archive. */
export const tarEnd: Uint8Array = Buffer.alloc(2 * blockBytes);

/**
 * What stands before a file's content: its header and, only where the path is over 100 bytes or beyond ASCII,
 * a pax header that says the path (spec/archive.md, "Entries").
 */
export function entryHead(path: string, bytes: number, executable: boolean): Buffer {
  const mode = executable ? executableMode : plainMode;
  const header = encodeHeader({ name: standInName(path), mode, bytes, type: 'file' });
  if (!needsPax(path)) return header;
  const record = paxRecord(path);
  const paxHeader = encodeHeader({
    name: paxHeaderName,
    mode: plainMode,
    bytes: record.length,
    type: 'pax',
  });
  return Buffer.concat([paxHeader, record, tarPadding(record.length), header]);
}

/** The zeros between a content of so many bytes and the next block. */
export function tarPadding(bytes: number): Buffer {
  return Buffer.alloc((blockBytes - (bytes % blockBytes)) % blockBytes);
}
