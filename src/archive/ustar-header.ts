import { refusal } from './refusal.ts';

// The header block of POSIX ustar. https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html (ustar
// Interchange Format)

export const blockBytes = 512;
export const nameBytes = 100;

type Field = readonly [offset: number, length: number];
const field = {
  name: [0, nameBytes],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  linkname: [157, 100],
  magic: [257, 6],
  version: [263, 2],
  uname: [265, 32],
  gname: [297, 32],
  devmajor: [329, 8],
  devminor: [337, 8],
  prefix: [345, 155],
  unused: [500, 12],
} as const satisfies Record<string, Field>;

export type HeaderType = 'file' | 'pax';
/** What a header may say in the canonical profile; all else in it is fixed. `bytes` is the size of the content. */
export type Header = { name: Buffer; mode: number; bytes: number; type: HeaderType };

const typeflags: Record<HeaderType, string> = { file: '0', pax: 'x' };

/** The header block in the form that packing writes. */
export function encodeHeader(header: Header): Buffer {
  const block = Buffer.alloc(blockBytes);
  header.name.copy(block, 0, 0, nameBytes);
  writeOctal(block, field.mode, header.mode);
  writeOctal(block, field.uid, 0);
  writeOctal(block, field.gid, 0);
  writeOctal(block, field.size, header.bytes);
  writeOctal(block, field.mtime, 0);
  block.write(typeflags[header.type], field.type[0], 'latin1');
  block.write('ustar\x0000', field.magic[0], 'latin1');
  const sum = checksum(block).toString(8).padStart(6, '0');
  block.write(`${sum}\0 `, field.checksum[0], 'latin1');
  return block;
}

/**
 * Reads a header block, refusing all that the canonical profile has fixed otherwise. Throws
 * PKG_E_ARCHIVE_HEADER, _LINK and _ENTRY_TYPE, with `known` as the entry's name (where a pax header has given
 * it) or the name that stands in the block.
 */
export function decodeHeader(block: Buffer, known: string | undefined): Header {
  const { text: name, clean } = terminated(bytesOf(block, field.name));
  const entry = known ?? name.toString();
  const wrong = (why: string) => refusal('PKG_E_ARCHIVE_HEADER', entry, why);
  const number = (key: keyof typeof field) => {
    const value = octal(bytesOf(block, field[key]));
    if (value === undefined) throw wrong(`has a ${key} field that is not an octal number`);
    return value;
  };

  if (number('checksum') !== checksum(block)) throw wrong('has a header with a wrong checksum');
  if (bytesOf(block, field.magic).toString('latin1') !== 'ustar\0') {
    throw wrong('has a header that is not ustar');
  }
  if (bytesOf(block, field.version).toString('latin1') !== '00') {
    throw wrong('has a header of another ustar version than "00"');
  }
  const type = headerType(block, entry);
  if (!clean) throw wrong('has bytes after the end of its name');
  for (const key of ['uid', 'gid', 'mtime'] as const) {
    if (number(key) !== 0) throw wrong(`has ${key} ${number(key)}, not 0`);
  }
  for (const key of ['linkname', 'uname', 'gname', 'prefix', 'unused'] as const) {
    if (!isZero(bytesOf(block, field[key]))) {
      throw wrong(`has something in the ${key} field of its header`);
    }
  }
  for (const key of ['devmajor', 'devminor'] as const) {
    if (!isZero(bytesOf(block, field[key])) && number(key) !== 0) {
      throw wrong(`has ${key} ${number(key)}, not 0`);
    }
  }
  return { name, mode: number('mode'), bytes: number('size'), type };
}

const zeros = Buffer.alloc(blockBytes);

/** True where all of these bytes, at most a block, are zero. */
export function isZero(bytes: Buffer): boolean {
  return bytes.equals(zeros.subarray(0, bytes.length));
}

const typeNames: Record<string, string> = {
  '\0': 'of the old type NUL',
  '3': 'a character device',
  '4': 'a block device',
  '5': 'a directory entry',
  '6': 'a named pipe',
  '7': 'a contiguous file',
  g: 'a global pax header',
  K: "a GNU long link's name",
  L: 'a GNU long name',
  S: 'a GNU sparse file',
};

function headerType(block: Buffer, entry: string): HeaderType {
  const flag = bytesOf(block, field.type).toString('latin1');
  if (flag === typeflags.file) return 'file';
  if (flag === typeflags.pax) return 'pax';
  if (flag === '1' || flag === '2') {
    const target = terminated(bytesOf(block, field.linkname)).text.toString();
    const what = flag === '1' ? 'a hard link' : 'a symbolic link';
    throw refusal('PKG_E_ARCHIVE_LINK', entry, `is ${what}`, { data: { target } });
  }
  const what = typeNames[flag] ?? `of the unknown type 0x${flag.charCodeAt(0).toString(16)}`;
  throw refusal('PKG_E_ARCHIVE_ENTRY_TYPE', entry, `is ${what}; only regular files are allowed`);
}

function bytesOf(block: Buffer, [offset, length]: Field): Buffer {
  return block.subarray(offset, offset + length);
}

/** The sum of all bytes with the checksum field taken as spaces. */
function checksum(block: Buffer): number {
  const [offset, length] = field.checksum;
  let sum = 0x20 * length;
  for (let index = 0; index < offset; index += 1) sum += block[index]!;
  for (let index = offset + length; index < blockBytes; index += 1) sum += block[index]!;
  return sum;
}

/** What stands before the first NUL; `clean` when only NULs follow. */
function terminated(bytes: Buffer): { text: Buffer; clean: boolean } {
  const end = bytes.indexOf(0);
  if (end < 0) return { text: bytes, clean: true };
  return { text: bytes.subarray(0, end), clean: isZero(bytes.subarray(end)) };
}

/** Octal digits, then at least one space or NUL up to the field's end: no base-256, no sign, no blank field. */
function octal(bytes: Buffer): number | undefined {
  const digits = /^([0-7]+)[ \0]+$/.exec(bytes.toString('latin1'))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

function writeOctal(block: Buffer, [offset, length]: Field, value: number) {
  block.write(value.toString(8).padStart(length - 1, '0'), offset, 'latin1');
}
