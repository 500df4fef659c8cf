// A graph of OCI content as real ones are: an index of two images that share a layer, a signature of the index, an
// SBOM of one image, and a signature of that SBOM.
import { randomBytes } from 'node:crypto';
import { type Descriptor, emptyContent, emptyDescriptor } from '../../src/core/descriptor.ts';
import { canonicalBytes } from '../../src/core/json.ts';
import { mediaTypes } from '../../src/core/media-types.ts';
import { packManifest } from '../../src/oci/pack.ts';
import type { Repository } from '../../src/oci/port.ts';
import { blobOf } from '../contract/oci-support.ts';

export type SampleGraph = {
  index: Descriptor;
  images: [Descriptor, Descriptor];
  /** By what they are: `shared` is a layer of both images. */
  blobs: { shared: Descriptor; first: Descriptor; second: Descriptor };
  signature: Descriptor;
  sbom: Descriptor;
  sbomSignature: Descriptor;
};

/** Pushes it; the index stands under `tag`. */
export async function pushSampleGraph(repository: Repository, tag: string): Promise<SampleGraph> {
  await repository.blobs.push(emptyDescriptor, emptyContent);
  const [shared, first, second] = [
    await pushBlob(repository, randomBytes(300_000)),
    await pushBlob(repository, randomBytes(1000)),
    await pushBlob(repository, randomBytes(1_200_000)),
  ];
  const images: [Descriptor, Descriptor] = [
    await pushImage(repository, { layers: [shared, first] }),
    await pushImage(repository, { layers: [shared, second] }),
  ];
  const index = await pushIndex(repository, images, tag);
  const refer = (subject: Descriptor, artifactType: string) =>
    pushImage(repository, { layers: [], subject, artifactType });
  const signature = await refer(index, 'application/vnd.example.signature');
  const sbom = await refer(images[0], 'application/vnd.example.sbom');
  const sbomSignature = await refer(sbom, 'application/vnd.example.signature');
  return { index, images, blobs: { shared, first, second }, signature, sbom, sbomSignature };
}

export async function pushBlob(repository: Repository, bytes: Uint8Array): Promise<Descriptor> {
  const { target } = blobOf(bytes);
  await repository.blobs.push(target, bytes);
  return target;
}

export async function pushImage(
  repository: Repository,
  parts: { layers: Descriptor[]; subject?: Descriptor; artifactType?: string },
): Promise<Descriptor> {
  const { artifactType = 'application/vnd.example.thing' } = parts;
  return repository.manifests.push(packManifest({ ...parts, artifactType }));
}

export async function pushIndex(
  repository: Repository,
  manifests: Descriptor[],
  tag?: string,
): Promise<Descriptor> {
  const bytes = canonicalBytes({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
  const index = { mediaType: mediaTypes.ociIndex, bytes };
  return repository.manifests.push(index, tag === undefined ? {} : { tag });
}
