// Packages by slot: what queries compare lies in columns, what they show in rows.
import type { Digest } from '../core/digest.ts';
import { type PackageName, splitName } from '../core/name.ts';
import type { PackageRow } from './package-row.ts';
import { grownTo } from './search-arrays.ts';
import type { SearchDocument } from './search-document.ts';
import { packagePart } from './search-order.ts';

export type PackageTable = {
  /** Above every slot. */
  readonly end: number;
  readonly size: number;
  slotOf(name: PackageName): number | undefined;
  row(slot: number): PackageRow | undefined;
  /** Digest of the README that its shown version has. */
  readmeOf(slot: number): Digest | undefined;
  names(): PackageName[];
  /** Puts a package in its slot, or in a free one; gives the slot. */
  put(document: SearchDocument): number;
  /** The slot is free for another package from here on. */
  remove(slot: number): void;
  putDownloads(slot: number, count: number): void;
  /** By slot: digest of the README whose words are indexed. */
  readonly indexedReadmes: (Digest | undefined)[];
  readonly columns: Columns;
  readonly bytes: number;
};

export type Columns = {
  updatedAt: Float64Array;
  createdAt: Float64Array;
  downloads: Float64Array;
  /** What the package adds to every score; 0 for free slots alone. */
  scorePart: Float64Array;
  /** Characters of the name without its namespace. */
  nameChars: Uint8Array;
};

/** What a row takes beside its texts. */
const rowBytes = 200;

export function openTable(): PackageTable {
  const rows: (PackageRow | undefined)[] = [];
  const slots = new Map<PackageName, number>();
  const free: number[] = [];
  const readmes: (Digest | undefined)[] = [];
  const indexedReadmes: (Digest | undefined)[] = [];
  const columns: Columns = {
    updatedAt: new Float64Array(),
    createdAt: new Float64Array(),
    downloads: new Float64Array(),
    scorePart: new Float64Array(),
    nameChars: new Uint8Array(),
  };
  let chars = 0;

  return {
    get end() {
      return rows.length;
    },
    get size() {
      return slots.size;
    },
    slotOf: (name) => slots.get(name),
    row: (slot) => rows[slot],
    readmeOf: (slot) => readmes[slot],
    indexedReadmes,
    names: () => [...slots.keys()],
    put(document) {
      const { row, updatedAt, createdAt } = document;
      const slot = slots.get(row.name) ?? free.pop() ?? rows.length;
      chars += charsOf(row) - charsOf(rows[slot]);
      rows[slot] = row;
      readmes[slot] = document.readme;
      slots.set(row.name, slot);
      grow(rows.length);
      columns.updatedAt[slot] = updatedAt;
      columns.createdAt[slot] = createdAt;
      columns.nameChars[slot] = splitName(row.name).local.length;
      setScorePart(slot);
      return slot;
    },
    remove(slot) {
      const row = rows[slot];
      if (!row) return;
      chars -= charsOf(row);
      rows[slot] = undefined;
      slots.delete(row.name);
      readmes[slot] = undefined;
      indexedReadmes[slot] = undefined;
      free.push(slot);
      for (const column of Object.values(columns)) column[slot] = 0;
    },
    putDownloads(slot, count) {
      columns.downloads[slot] = count;
      setScorePart(slot);
    },
    columns,
    get bytes() {
      const held = Object.values(columns).reduce((sum, { byteLength }) => sum + byteLength, 0);
      return held + chars + rows.length * rowBytes;
    },
  };

  function setScorePart(slot: number) {
    const downloads = columns.downloads[slot]!;
    const updatedAt = columns.updatedAt[slot]!;
    const { yanked: isYanked, deprecated } = rows[slot]!;
    const isDeprecated = deprecated !== undefined;
    columns.scorePart[slot] = packagePart({ isYanked, isDeprecated, downloads, updatedAt });
  }

  function grow(length: number) {
    columns.updatedAt = grownTo(columns.updatedAt, length);
    columns.createdAt = grownTo(columns.createdAt, length);
    columns.downloads = grownTo(columns.downloads, length);
    columns.scorePart = grownTo(columns.scorePart, length);
    columns.nameChars = grownTo(columns.nameChars, length);
  }
}

function charsOf(row: PackageRow | undefined): number {
  const texts = row ? [row.name, row.description, row.license, row.deprecated] : [];
  return texts.reduce((sum, text = '') => sum + text.length, 0);
}
