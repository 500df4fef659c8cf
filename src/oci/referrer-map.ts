import type { Descriptor } from '../core/descriptor.ts';
import type { Digest } from '../core/digest.ts';
import type { ManifestFacts } from './manifest.ts';

/**
 * Which manifests name which subject. It is knowledge of contents, which never change under a digest; which of
 * them the repository still holds, the manifest table says.
 */
export type ReferrerMap = {
  knows(digest: Digest): boolean;
  learn(descriptor: Descriptor, facts: ManifestFacts): void;
  /** The descriptors of a subject's referrers, with artifactType and annotations. */
  of(subject: Digest): readonly Descriptor[];
};

export function createReferrerMap(): ReferrerMap {
  const known = new Set<Digest>();
  const bySubject = new Map<Digest, Descriptor[]>();
  return {
    knows: (digest) => known.has(digest),

    learn({ mediaType, digest, size }, { artifactType, annotations, subject }) {
      if (known.has(digest)) return;
      known.add(digest);
      if (subject === undefined) return;
      const referrers = bySubject.get(subject);
      const referrer = {
        mediaType,
        digest,
        size,
        ...(artifactType === undefined ? {} : { artifactType }),
        ...(annotations === undefined ? {} : { annotations }),
      };
      if (referrers) referrers.push(referrer);
      else bySubject.set(subject, [referrer]);
    },

    of: (subject) => bySubject.get(subject) ?? [],
  };
}
