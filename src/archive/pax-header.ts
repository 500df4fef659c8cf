import { refusal } from './refusal.ts';
import { nameBytes } from './ustar-header.ts';

// The pax header of a file whose path does not fit a ustar name: one record, `path`. spec/archive.md, "The pax
// header"; https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html (pax Extended Header)

/** The name in a pax header's own block, as packing writes it. */
export const paxHeaderName: Buffer = Buffer.from('././@PaxHeader');

/** True where a path does not fit a ustar name: over 100 bytes, or beyond ASCII. */
export function needsPax(path: string): boolean {
  return path.length > nameBytes || /[^\x00-\x7f]/.test(path);
}

/** The record as packing writes it: `LENGTH path=PATH` and a line feed; the length counts itself. */
export function paxRecord(path: string): Buffer {
  const rest = Buffer.from(` path=${path}\n`);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length += 1;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** The path's bytes in a pax header's content. Throws PKG_E_ARCHIVE_HEADER with `entry` as the entry's name. */
export function pathOfPaxRecord(content: Buffer, entry: string): Buffer {
  const wrong = (why: string) => refusal('PKG_E_ARCHIVE_HEADER', entry, why);
  const [start, length, key] = /^([1-9][0-9]{0,2}) ([^=]+)=/.exec(content.toString('latin1')) ?? [];
  if (start === undefined || content.at(-1) !== 0x0a) throw wrong('is a malformed pax header');
  if (Number(length) < content.length) throw wrong('is a pax header with more than one record');
  if (Number(length) > content.length) {
    throw wrong('is a pax header with a wrong length in its record');
  }
  if (key !== 'path') throw wrong(`is a pax header with the key ${JSON.stringify(key)}`);
  return content.subarray(start.length, -1);
}

/** True for a name that the block of this path's pax header may bear: ours, or GNU tar's `DIR/PaxHeaders/FILE`. */
export function isPaxHeaderName(name: Buffer, path: string): boolean {
  if (name.equals(paxHeaderName)) return true;
  const slash = path.lastIndexOf('/');
  const folder = slash < 0 ? '.' : path.slice(0, slash);
  const pid = /\/PaxHeaders(\.\d+)\//.exec(name.toString('latin1'))?.[1] ?? '';
  const gnuName = Buffer.from(`${folder}/PaxHeaders${pid}/${path.slice(slash + 1)}`);
  return name.equals(gnuName.subarray(0, nameBytes));
}

/** The name in the header of the file itself: its path, with `?` for each character beyond ASCII, cut to 100 bytes. */
export function standInName(path: string): Buffer {
  return Buffer.from(path.replace(/[^\x00-\x7f]/gu, '?').slice(0, nameBytes));
}

/** True for a name that may stand there: the stand-in, or GNU tar's first 100 bytes of the path itself. */
export function isStandInName(name: Buffer, path: string): boolean {
  return name.equals(standInName(path)) || name.equals(Buffer.from(path).subarray(0, nameBytes));
}
