import type { Digest } from './digest.ts';
import { mediaTypes } from './media-types.ts';

/** An OCI content descriptor. https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md */
export type Descriptor = {
  mediaType: string;
  digest: Digest;
  size: number;
  artifactType?: string;
  annotations?: Record<string, string>;
  /** Base64 of the content itself, where it is small enough to travel along. */
  data?: string;
};

/** An OCI image manifest as far as this project reads it. */
export type ImageManifest = {
  schemaVersion: 2;
  mediaType: string;
  artifactType?: string;
  config: Descriptor;
  layers: Descriptor[];
  subject?: Descriptor;
  annotations?: Record<string, string>;
};

/** The OCI empty descriptor and its content. https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md */
export const emptyDescriptor: Descriptor = {
  mediaType: mediaTypes.ociEmpty,
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a' as Digest,
  size: 2,
};
export const emptyContent: Uint8Array = Buffer.from('{}');
