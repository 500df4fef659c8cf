import {
  archiveEntriesMax,
  archivePathBytesMax,
  archivePathDepthMax,
  archiveRatioMax,
  archiveUnpackedBytesMax,
} from '../core/limits.ts';

/** What an archive may hold at most. Formats fix the defaults; a caller may only be given others on purpose. */
export type ArchiveLimits = {
  entriesMax: number;
  pathBytesMax: number;
  pathDepthMax: number;
  /** Of all files together. */
  unpackedBytesMax: number;
  /** Bytes of the tar stream to one byte of the archive, as `gzip-reader.ts` counts it. */
  ratioMax: number;
};

/** The limits of the format (spec/archive.md, "Limits"). */
export const archiveLimits: ArchiveLimits = {
  entriesMax: archiveEntriesMax,
  pathBytesMax: archivePathBytesMax,
  pathDepthMax: archivePathDepthMax,
  unpackedBytesMax: archiveUnpackedBytesMax,
  ratioMax: archiveRatioMax,
};
