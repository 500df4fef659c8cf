// Limits that formats fix, the same for client and server. The unit stands last in each name.

export const nameLengthMax = 64;
export const versionLengthMax = 256;
export const requirementLengthMax = 256;
export const tagLengthMax = 128;

export const jsonDocumentBytesMax = 1024 * 1024;
export const jsonDepthMax = 64;
/** Keys, tables and lists of a TOML document; a key counts with each of its parts. */
export const tomlNodesMax = 50_000;
export const manifestTextLengthMax = 4096;
export const manifestListItemsMax = 1000;
export const readmeBytesMax = 1024 * 1024;
/** The config descriptor carries the document in `data` up to this size. */
export const configDataBytesMax = 8 * 1024;
export const ociMetadataBytesMax = 4 * 1024 * 1024;

export const archiveEntriesMax = 50_000;
export const archivePathBytesMax = 255;
export const archivePathDepthMax = 32;
export const archiveUnpackedBytesMax = 4 * 1024 ** 3;
export const archiveRatioMax = 200;

export const bundleBytesMax = 64 * 1024;
export const bundlesMax = 16;

export const journalEntryBytesMax = 65_535;
export const journalBatchItemsMax = 256;
export const journalBatchBytesMax = 1024 * 1024;
