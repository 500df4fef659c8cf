// What the rooms after `archive` use of it. The canonical tar profile is in spec/archive.md.

import type { Digest } from '../core/digest.ts';
import type { ArchiveFacts, PackageDocument } from '../core/document.ts';
import type { ArchiveKind } from '../core/media-types.ts';
import type { PackageManifest } from '../core/package-manifest.ts';

export type ArchiveEntry = { path: string; bytes: number; sha256: string; executable: boolean };

/** What an archive was found to hold. It obeys the canonical profile, else there is no such value. */
export type InspectedArchive = {
  kind: ArchiveKind;
  /** Digest and size of the compressed bytes, as they are stored. */
  digest: Digest;
  size: number;
  manifest: PackageManifest;
  document: PackageDocument;
  facts: ArchiveFacts;
  /** The README's content and path, where there is one that is not empty. */
  readme: { path: string; bytes: Uint8Array } | undefined;
  /** In path order. */
  entries: ArchiveEntry[];
};

/**
 * Inspection that rides along with a stream: `through` passes every byte on unchanged, at the pace of the
 * inspection, and throws at the first thing that the profile does not allow (PKG_E_ARCHIVE_… with the entry's
 * name in the message and in `data.entry`; PKG_E_MANIFEST_… for what the package says of itself). `result`
 * gives what was found once `through` has ended.
 */
export type ArchiveInspection = {
  through(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  result(): InspectedArchive;
};
