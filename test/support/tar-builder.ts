// Builds tar and gzip bytes field by field, so that any of them may be wrong. It shares no code with
// src/archive: what it makes by default is the canonical profile written down a second time.
import { constants, crc32, deflateRawSync } from 'node:zlib';

export type FieldName =
  | 'name'
  | 'mode'
  | 'uid'
  | 'gid'
  | 'size'
  | 'mtime'
  | 'checksum'
  | 'type'
  | 'linkname'
  | 'magic'
  | 'version'
  | 'uname'
  | 'gname'
  | 'devmajor'
  | 'devminor'
  | 'prefix'
  | 'rest';

const places: Record<FieldName, [start: number, end: number]> = {
  name: [0, 100],
  mode: [100, 108],
  uid: [108, 116],
  gid: [116, 124],
  size: [124, 136],
  mtime: [136, 148],
  checksum: [148, 156],
  type: [156, 157],
  linkname: [157, 257],
  magic: [257, 263],
  version: [263, 265],
  uname: [265, 297],
  gname: [297, 329],
  devmajor: [329, 337],
  devminor: [337, 345],
  prefix: [345, 500],
  rest: [500, 512],
};

export type Bytes = string | Uint8Array;
/** Raw field contents; a string is taken as UTF-8. */
export type Fields = Partial<Record<FieldName, Bytes>>;

/** One header block; the checksum is computed over what the fields say unless it is given. */
export function tarHeader(fields: Fields): Buffer {
  const whole: Fields = {
    mode: '0000644\0',
    uid: '0000000\0',
    gid: '0000000\0',
    size: '00000000000\0',
    mtime: '00000000000\0',
    type: '0',
    magic: 'ustar\0',
    version: '00',
    ...fields,
  };
  const block = Buffer.alloc(512);
  for (const [key, value] of Object.entries(whole)) {
    const [start, end] = places[key as FieldName];
    Buffer.from(value as string)
      .subarray(0, end - start)
      .copy(block, start);
  }
  if (fields.checksum === undefined) {
    block.fill(' ', 148, 156);
    let sum = 0;
    for (const byte of block) sum += byte;
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  }
  return block;
}

/** A size field. */
export function octalSize(bytes: number): string {
  return `${bytes.toString(8).padStart(11, '0')}\0`;
}

/** Content and its padding. */
export function padded(content: Bytes, pad = 0): Buffer {
  const bytes = Buffer.from(content as string);
  const zeros = Buffer.alloc((512 - (bytes.length % 512)) % 512, pad);
  return Buffer.concat([bytes, zeros]);
}

/** A file whose path fits the name field, with any field replaced. */
export function tarFile(path: string, content: Bytes = '', fields: Fields = {}): Buffer {
  const size = octalSize(Buffer.from(content as string).length);
  return Buffer.concat([tarHeader({ name: path, size, ...fields }), padded(content)]);
}

/** A pax header with these very bytes as its records. */
export function paxHeader(records: Bytes, fields: Fields = {}): Buffer {
  return tarFile('././@PaxHeader', records, { type: 'x', ...fields });
}

/** One pax record, its length counted. */
export function paxRecord(key: string, value: Bytes): Buffer {
  const rest = Buffer.concat([
    Buffer.from(` ${key}=`),
    Buffer.from(value as string),
    Buffer.of(10),
  ]);
  let digits = 1;
  while (String(digits + rest.length).length !== digits) digits += 1;
  return Buffer.concat([Buffer.from(String(digits + rest.length)), rest]);
}

/** A file whose path stands in a pax header. */
export function paxFile(path: Bytes, content: Bytes = '', fields: Fields = {}): Buffer {
  const text = Buffer.from(path as string).toString();
  const name = [...text].map((character) => (character < '\x80' ? character : '?')).join('');
  return Buffer.concat([paxHeader(paxRecord('path', path)), tarFile(name, content, fields)]);
}

/** A file by whichever of the two ways its path needs. */
export function anyFile(path: string, content: Bytes = '', fields: Fields = {}): Buffer {
  const plain = /^[\x01-\x7f]{1,100}$/.test(path);
  return plain ? tarFile(path, content, fields) : paxFile(path, content, fields);
}

export const zeroBlock = Buffer.alloc(512);
export const tarEnd = Buffer.alloc(1024);

export function tar(...entries: Buffer[]): Buffer {
  return Buffer.concat([...entries, tarEnd]);
}

export type GzipParts = { header?: Bytes; deflate?: Bytes; crc?: number; size?: number };

/** One gzip member, any part of it replaced. */
export function gzip(content: Uint8Array, parts: GzipParts = {}): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(parts.crc ?? crc32(content), 0);
  trailer.writeUInt32LE(parts.size ?? content.length % 2 ** 32, 4);
  const header = parts.header ?? plainGzipHeader;
  const deflate = parts.deflate ?? deflateRawSync(content);
  return Buffer.concat([Buffer.from(header as string), Buffer.from(deflate as string), trailer]);
}

export const plainGzipHeader = Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);

/** A piece of a deflate stream that can stand anywhere in one, and any number of times; the last one ends it. */
export function deflatePiece(content: Uint8Array, last = false): Buffer {
  return deflateRawSync(content, {
    finishFlush: last ? constants.Z_FINISH : constants.Z_FULL_FLUSH,
  });
}
