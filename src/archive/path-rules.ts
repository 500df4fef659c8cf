import { compareCodePoints } from '../core/json.ts';
import type { ArchiveKind } from '../core/media-types.ts';
import type { ArchiveLimits } from './archive-limits.ts';
import { printable, refusal } from './refusal.ts';

/** Build output and what tools keep for themselves; never part of a source package. */
const excludedParts: ReadonlySet<string> = new Set(['.git', '.vitte', 'target', 'blib', '_build']);

/**
 * Parses the path of an entry from its bytes (spec/archive.md, "Paths"). Throws PKG_E_ARCHIVE_PATH for a form
 * that is never allowed, PKG_E_ARCHIVE_LIMIT, and PKG_E_ARCHIVE_EXCLUDED.
 */
export function parseEntryPath(bytes: Buffer, kind: ArchiveKind, limits: ArchiveLimits): string {
  const path = bytes.toString();
  const wrong = (why: string) => refusal('PKG_E_ARCHIVE_PATH', path, why);
  if (path === '') throw wrong('is an empty path');
  if (!Buffer.from(path).equals(bytes)) throw wrong('is not valid UTF-8');
  if (bytes.length > limits.pathBytesMax) {
    throw refusal('PKG_E_ARCHIVE_LIMIT', path, `is over ${limits.pathBytesMax} bytes long`);
  }
  if (/\p{Cc}/u.test(path)) throw wrong('has a control character');
  if (path.includes('\\')) throw wrong('has a backslash');
  if (path.startsWith('/')) throw wrong('is absolute');
  if (/^[A-Za-z]:/.test(path)) throw wrong('begins with a drive letter');
  if (path.normalize('NFC') !== path) throw wrong('is not in Unicode normal form C');
  const parts = path.split('/');
  if (parts.includes('')) throw wrong('has an empty part');
  if (parts.includes('..')) throw wrong('has a ".." part');
  if (parts.includes('.')) throw wrong('has a "." part');
  if (parts.length > limits.pathDepthMax) {
    throw refusal('PKG_E_ARCHIVE_LIMIT', path, `has over ${limits.pathDepthMax} parts`);
  }
  const excluded = parts.find((part) => isExcludedPart(part, kind));
  if (excluded !== undefined) {
    throw refusal(
      'PKG_E_ARCHIVE_EXCLUDED',
      path,
      `has the part ${printable(excluded)}, which no package holds`,
    );
  }
  return path;
}

/** True for a part that packing leaves out and inspection refuses. */
export function isExcludedPart(part: string, kind: ArchiveKind): boolean {
  return part.startsWith('.') || (kind === 'vitmod' && excludedParts.has(part));
}

/** What file systems that ignore case compare: near enough to Unicode's full case folding. */
function folded(path: string): string {
  return path.toUpperCase().toLowerCase().normalize('NFC');
}

export type PathSequence = {
  /** Takes the next path. Throws PKG_E_ARCHIVE_ORDER, _DUPLICATE and _CASE. */
  add(path: string): void;
  /** Says that no path follows. Throws PKG_E_ARCHIVE_CASE. */
  finish(): void;
};

/**
 * What paths must be to one another: in strictly ascending order, and no two that one file system or another
 * would put in one place. Memory is one folded copy of each path, whatever the number of folders.
 */
export function pathSequence(): PathSequence {
  const paths = new Map<string, string>();
  const fileAbove = prefixTrail();
  let last: string | undefined;
  let mixedCase = false;
  return { add, finish };

  function add(path: string) {
    const key = folded(path);
    const twin = paths.get(key);
    if (twin === path) throw refusal('PKG_E_ARCHIVE_DUPLICATE', path, 'stands in it twice');
    if (twin !== undefined) {
      throw refusal('PKG_E_ARCHIVE_CASE', path, `differs from ${printable(twin)} only in case`);
    }
    if (last !== undefined && compareCodePoints(last, path) > 0) {
      throw refusal('PKG_E_ARCHIVE_ORDER', path, `stands after ${printable(last)}, out of order`);
    }
    const file = fileAbove(path);
    if (file !== undefined) {
      throw refusal('PKG_E_ARCHIVE_DUPLICATE', path, `lies in ${printable(file)}, which is a file`);
    }
    paths.set(key, path);
    last = path;
    mixedCase ||= key !== path;
  }

  function finish() {
    if (!mixedCase) return;
    const fileAboveKey = prefixTrail();
    for (const key of [...paths.keys()].sort()) {
      const file = fileAboveKey(key);
      if (file === undefined) continue;
      const [path, above] = [paths.get(key) ?? key, paths.get(file) ?? file];
      throw refusal('PKG_E_ARCHIVE_CASE', path, `lies in ${printable(above)}, which is a file`);
    }
  }
}

/**
 * Takes paths in ascending order and gives for each the earlier one that is a folder on its way, if any. A path
 * sorts before what begins with it, so only the trail of paths that begin one another has to be kept.
 */
function prefixTrail(): (path: string) => string | undefined {
  const trail: string[] = [];
  return (path) => {
    for (let top = trail.at(-1); top !== undefined && !path.startsWith(top); top = trail.at(-1)) {
      trail.pop();
    }
    const file = trail.find((earlier) => path[earlier.length] === '/');
    trail.push(path);
    return file;
  };
}
