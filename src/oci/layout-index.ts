import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Descriptor } from '../core/descriptor.ts';
import { isOciDigest } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { annotations, mediaTypes } from '../core/media-types.ts';
import { hasCode, makeFolders } from './durable-file.ts';
import { blobsFolder, indexFile, layoutFile } from './layout-paths.ts';
import type { Uploads } from './layout-uploads.ts';
import { editTable, emptyTable, type ManifestTable, type TableEntry } from './manifest-table.ts';
import { isTag } from './names.ts';

/** What `index.json` of one layout says. */
export type LayoutIndex = {
  table: ManifestTable;
  /** Descriptors of another program's that are none of ours (other hashes, names that are no tags). Kept. */
  foreign: readonly JsonObject[];
  /** Members of the index beside its manifests. Kept. */
  members: JsonObject;
};

/** Almost a million manifests. */
const indexBytesMax = 256 * 1024 * 1024;
const layoutFileBytesMax = 64 * 1024;
const layoutVersion = '1.0.0';

export const emptyIndex: LayoutIndex = {
  table: emptyTable,
  foreign: [],
  members: { schemaVersion: 2, mediaType: mediaTypes.ociIndex },
};

/** Reads the layout in a folder; undefined where there is none. Throws PKG_E_STORE_FORMAT, which names the file. */
export async function readLayout(folder: string): Promise<LayoutIndex | undefined> {
  const layoutPath = join(folder, layoutFile);
  const indexPath = join(folder, indexFile);
  const [layout, index] = await Promise.all([
    readObject(layoutPath, layoutFileBytesMax),
    readObject(indexPath, indexBytesMax),
  ]);
  if (!layout && !index) return undefined;
  if (layout && layout.imageLayoutVersion !== layoutVersion) {
    throw damaged(layoutPath, `is not of version ${layoutVersion}`);
  }
  if (!index) throw damaged(indexPath, 'is gone');
  const read = parseIndex(indexPath, index);
  if (layout) return read;
  // The index is written first: an empty one alone is a layout whose making was cut short.
  if (read.table.manifests.size > 0 || read.foreign.length > 0)
    throw damaged(layoutPath, 'is gone');
  return undefined;
}

/** Makes an empty layout below the root of the store. The file that makes it one comes last. */
export async function makeLayout(root: string, folder: string, uploads: Uploads): Promise<void> {
  await makeFolders(root, blobsFolder(folder));
  await uploads.replace(join(folder, indexFile), indexBytes(emptyIndex));
  const layout = Buffer.from(canonicalJson({ imageLayoutVersion: layoutVersion }));
  await uploads.replace(join(folder, layoutFile), layout);
}

/** The bytes of `index.json`: one line a descriptor, so that people and diffs can read it. */
export function indexBytes({ table, foreign, members }: LayoutIndex): Buffer {
  const lines = [...table.manifests.values()].flat().map(entryLine);
  lines.push(...foreign.map((descriptor) => canonicalJson(descriptor)));
  const head = canonicalJson(members).slice(0, -1);
  return Buffer.from(`${head},"manifests":[${lines.map((line) => `\n${line}`).join(',')}\n]}\n`);
}

/** An entry never changes, and an index is written for each change of one among thousands. */
const entryLines = new WeakMap<TableEntry, string>();

function entryLine(entry: TableEntry): string {
  const known = entryLines.get(entry);
  if (known !== undefined) return known;
  const line = canonicalJson(entry.descriptor);
  entryLines.set(entry, line);
  return line;
}

function parseIndex(path: string, index: JsonObject): LayoutIndex {
  const { manifests, ...members } = index;
  if (!Array.isArray(manifests)) throw damaged(path, 'has no list of manifests');
  const edit = editTable(emptyTable);
  const foreign: JsonObject[] = [];
  for (const value of manifests) {
    const descriptor = readDescriptor(path, value);
    const tag = descriptor.annotations?.[annotations.refName];
    const ours = isOciDigest(descriptor.digest) && (tag === undefined || isTag(tag));
    if (ours) edit.put(descriptor, tag);
    else foreign.push(value as JsonObject);
  }
  return { table: edit.done(), foreign, members: { ...emptyIndex.members, ...members } };
}

function readDescriptor(path: string, value: JsonValue): Descriptor {
  const { mediaType, digest, size, annotations: notes = {} } = isJsonObject(value) ? value : {};
  const shaped =
    typeof mediaType === 'string' &&
    typeof digest === 'string' &&
    Number.isSafeInteger(size) &&
    Number(size) >= 0 &&
    isJsonObject(notes) &&
    Object.values(notes).every((text) => typeof text === 'string');
  if (!shaped) throw damaged(path, 'holds what is no descriptor');
  return value as unknown as Descriptor;
}

async function readObject(path: string, bytesMax: number): Promise<JsonObject | undefined> {
  let text: string;
  try {
    if ((await stat(path)).size > bytesMax) throw damaged(path, `is over ${bytesMax} bytes`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw damaged(path, 'is not JSON', cause);
  }
  if (!isJsonObject(value)) throw damaged(path, 'holds no object');
  return value;
}

function damaged(path: string, why: string, cause?: unknown) {
  return new VitteError('PKG_E_STORE_FORMAT', `${path} ${why}`, {
    cause,
    help: 'restore the file from a backup; the blobs beside it are unharmed',
    data: { path },
  });
}
