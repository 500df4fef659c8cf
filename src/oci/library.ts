// `vitte-registry/oci`, the client as a library. This list is the public surface of the package and nothing in the
// house imports it: what stands here keeps its name and its meaning from one major version to the next, what does not
// stand here may change at any time. docs/oci-library.md is its manual. It loads the rooms `oci` and `core` alone.
export {
  type Descriptor,
  emptyContent,
  emptyDescriptor,
  type ImageManifest,
} from '../core/descriptor.ts';
export { type Digest, isDigest, parseDigest, sha256 } from '../core/digest.ts';
export { type ErrorCode, isVitteError, VitteError } from '../core/errors.ts';
export { copy, copyGraph, extendedCopy, extendedCopyGraph } from './copy.ts';
export type {
  CopyGraphOptions,
  CopyOptions,
  ExtendedCopyGraphOptions,
  ExtendedCopyOptions,
} from './copy-options.ts';
export { type Credential, CredentialStore } from './credential-store.ts';
export { type FileContent, fileContent } from './file-content.ts';
export { MemoryStore, OciLayoutStore } from './local-stores.ts';
export { parseImageManifest } from './manifest.ts';
export { type ManifestParts, type PackedManifest, packManifest } from './pack.ts';
export type {
  BlobRead,
  BlobStore,
  ByteRange,
  CallOptions,
  Content,
  ManifestStore,
  Reference,
  Repository,
  StagedBlob,
  StoredManifest,
} from './port.ts';
export { type ArtifactReference, parseReference } from './reference.ts';
export { RemoteRepository, type RemoteRepositoryOptions } from './remote-repository.ts';
export { successors } from './successors.ts';
export { fetchAll, type Target } from './target.ts';
