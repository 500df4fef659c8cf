/** How a storage writes repositories and tags (`spec/mapping.md`, "Encodings"). `path` is as they are. */
export const storageEncodings = ['path', 'flat', 'single'] as const;
export type StorageEncoding = (typeof storageEncodings)[number];
