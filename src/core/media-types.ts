// Every media type, artifact type and annotation key, in one place. `spec/mapping.md` explains them.

export const mediaTypes = {
  package: 'application/vnd.vitte.package.v1',
  packageConfig: 'application/vnd.vitte.package.config.v1+json',
  vitmod: 'application/vnd.vitte.vitmod.v1.tar+gzip',
  vitpkg: 'application/vnd.vitte.vitpkg.v1.tar+gzip',
  readme: 'text/markdown',
  journal: 'application/vnd.vitte.journal.v1',
  journalEntries: 'application/vnd.vitte.journal.entries.v1+jsonl',
  journalPrivate: 'application/vnd.vitte.journal.private.v1+jsonl',
  term: 'application/vnd.vitte.term.v1',
  indexSnapshot: 'application/vnd.vitte.index.v1',
  indexEntries: 'application/vnd.vitte.index.entries.v1+jsonl+gzip',
  indexStates: 'application/vnd.vitte.index.states.v1+jsonl+gzip',
  indexDownloads: 'application/vnd.vitte.index.downloads.v1+jsonl+gzip',
  stateSnapshot: 'application/vnd.vitte.state.v1',
  stateRecord: 'application/vnd.vitte.state.record.v1+json+gzip',
  /** Stands behind a tag that is about to be deleted, where a registry deletes no tags. */
  untagged: 'application/vnd.vitte.untagged.v1',
  sigstoreBundle: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  inToto: 'application/vnd.in-toto+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociEmpty: 'application/vnd.oci.empty.v1+json',
  /** Of a draft of OCI 1.1; some registries still hold it. */
  ociArtifact: 'application/vnd.oci.artifact.manifest.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const;

export const annotations = {
  title: 'org.opencontainers.image.title',
  version: 'org.opencontainers.image.version',
  refName: 'org.opencontainers.image.ref.name',
  bundleContent: 'dev.sigstore.bundle.content',
  bundlePredicateType: 'dev.sigstore.bundle.predicateType',
  signatureKey: 'dev.vitte.signature.key',
  journalPrevious: 'dev.vitte.journal.previous',
  journalTerm: 'dev.vitte.journal.term',
  journalOrdinal: 'dev.vitte.journal.ordinal',
  journalFirst: 'dev.vitte.journal.first',
  journalCount: 'dev.vitte.journal.count',
  journalTagged: 'dev.vitte.journal.tagged',
  snapshotSchema: 'dev.vitte.snapshot.schema',
  snapshotStore: 'dev.vitte.snapshot.store',
  snapshotSequence: 'dev.vitte.snapshot.sequence',
  snapshotBatch: 'dev.vitte.snapshot.batch',
  snapshotTerm: 'dev.vitte.snapshot.term',
  snapshotOrdinal: 'dev.vitte.snapshot.ordinal',
  snapshotStates: 'dev.vitte.snapshot.states',
  snapshotRows: 'dev.vitte.snapshot.rows',
  snapshotBytes: 'dev.vitte.snapshot.bytes',
} as const;

export type ArchiveKind = 'vitmod' | 'vitpkg';

/** The archive kind of a media type, or undefined. */
export function archiveKindOf(mediaType: string): ArchiveKind | undefined {
  if (mediaType === mediaTypes.vitmod) return 'vitmod';
  return mediaType === mediaTypes.vitpkg ? 'vitpkg' : undefined;
}
