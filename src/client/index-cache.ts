// Index documents as they were last read of a registry, for resolving without the network: one file a package.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { readFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../core/digest.ts';
import { VitteError } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import type { PackageName } from '../core/name.ts';
import { factsOfDocument } from '../resolve/facts-document.ts';
import type { PackageFacts } from '../resolve/port.ts';
import { indexDocumentBytesMax } from './index-batch.ts';
import { writePrivateFile } from './private-file.ts';
import type { RegistryUrl } from './registry-url.ts';

const cacheSchema = 'vitte.index-cache.v1';
/** What stands around a document in its file. */
const fileBytesMax = indexDocumentBytesMax + 4 * 1024;

export type IndexCache = {
  /** Where the file of a package lies. */
  fileOf(name: PackageName): string;
  /**
   * What is kept of a package: null where the registry had none of that name, undefined where nothing is kept of the
   * store that answered last. At once, so that a solver asks for no more than it needs. Throws PKG_E_FILE, and
   * PKG_E_DOCUMENT for a damaged file.
   */
  read(name: PackageName): PackageFacts | null | undefined;
  /**
   * Keeps what the registry said of its store, undefined where that has no such package; of one store nothing older
   * than what is kept. Throws PKG_E_FILE.
   */
  keep(name: PackageName, facts: PackageFacts | undefined, store: string): Promise<void>;
};

/** The documents of one registry under a cache folder. Several processes may use it at once. */
export function openIndexCache(folder: string, url: RegistryUrl): IndexCache {
  const root = join(folder, 'index', folderOf(url));
  /** Says which store stands at the URL: another one may have taken the place of that of before. */
  const storeFile = join(root, '.store');
  let marked: { store: string; done: Promise<void> } | undefined;
  return { fileOf, read, keep };

  function fileOf(name: PackageName): string {
    return join(root, `${name}.json`);
  }

  function read(name: PackageName): PackageFacts | null | undefined {
    const path = fileOf(name);
    const text = readBounded(path);
    if (text === undefined) return undefined;
    const damaged = (why: string, cause?: unknown) =>
      new VitteError('PKG_E_DOCUMENT', `${path} ${why}`, { cause, data: { file: path } });
    let kept: unknown;
    try {
      kept = JSON.parse(text);
    } catch (cause) {
      throw damaged('is not valid JSON', cause);
    }
    if (!isJsonObject(kept) || kept.schema !== cacheSchema) throw damaged('is no cached document');
    if (kept.registry !== url || kept.name !== name) throw damaged('is that of another package');
    if (kept.store !== readBounded(storeFile)) return undefined;
    return kept.document === null ? null : factsOfDocument(kept.document, name);
  }

  async function keep(
    name: PackageName,
    facts: PackageFacts | undefined,
    store: string,
  ): Promise<void> {
    await mark(store);
    const path = fileOf(name);
    const kept = { schema: cacheSchema, registry: url, store, name, document: facts ?? null };
    const text = `${JSON.stringify(kept)}\n`;
    if (Buffer.byteLength(text) > fileBytesMax) {
      const why = `the index document of ${name} is too large to be kept`;
      throw new VitteError('PKG_E_FILE', why, { data: { file: path } });
    }
    const before = await textOf(path);
    if (before === text) {
      // Its time says when it was last what the registry says.
      const now = new Date();
      await utimes(path, now, now).catch(() => {});
    } else if (!isNewer(before, store, facts)) await writePrivateFile(path, text, false);
  }

  async function mark(store: string): Promise<void> {
    if (marked?.store !== store) marked = { store, done: writeMark(store) };
    await marked.done;
  }

  async function writeMark(store: string) {
    if ((await textOf(storeFile)) !== store) await writePrivateFile(storeFile, store, false);
  }
}

/** True where another process kept what the same store said later. */
function isNewer(text: string | undefined, store: string, facts: PackageFacts | undefined) {
  try {
    const kept: unknown = JSON.parse(text ?? 'null');
    if (!isJsonObject(kept) || kept.store !== store || !isJsonObject(kept.document)) return false;
    const { sequence } = (facts ?? {}) as { sequence?: unknown };
    return Number(kept.document.sequence) > Number(sequence);
  } catch {
    return false;
  }
}

/** A registry's folder: its host, for people, and what tells it from others of that host. */
function folderOf(url: RegistryUrl): string {
  const { host } = new URL(url);
  return `${host.replace(/[^a-z0-9.-]/g, '_').slice(0, 100)}-${sha256Hex(url).slice(0, 16)}`;
}

/** Undefined for a file that is not there, can't be read or is too large. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    return size > fileBytesMax ? undefined : await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Throws PKG_E_FILE for a file that can't be read or is too large; undefined where there is none. */
function readBounded(path: string): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const { size } = fstatSync(descriptor);
    if (size > fileBytesMax) {
      throw new VitteError('PKG_E_FILE', `${path} is over ${fileBytesMax} bytes`);
    }
    const bytes = Buffer.alloc(size);
    const read = readSync(descriptor, bytes);
    return bytes.toString('utf8', 0, read);
  } catch (cause) {
    if (cause instanceof VitteError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new VitteError('PKG_E_FILE', `${path} cannot be read (${code})`, { cause });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
