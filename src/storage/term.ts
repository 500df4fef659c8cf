import { randomBytes } from 'node:crypto';
import { emptyDescriptor, type ImageManifest } from '../core/descriptor.ts';
import { type Digest, sha256 } from '../core/digest.ts';
import { canonicalBytes, isJsonObject, parseJson } from '../core/json.ts';
import {
  type ManifestProfile,
  manifestProfiles,
  manifestType,
  standardProfile,
} from '../core/manifest-profile.ts';
import { annotations, mediaTypes } from '../core/media-types.ts';

/**
 * A term of the journal: `R-NONCE`, its number and a nonce that no other attempt has. Its writer also says by which
 * profile its manifests and those of its batches are made, where it is another than 1.
 */
export type Term = { name: string; number: number; profile?: ManifestProfile };

const termForm = /^([1-9][0-9]{0,14})-[0-9a-f]{16}$/;

/** The term that a tag names, or undefined where it names none. */
export function parseTerm(name: string): Term | undefined {
  const number = termForm.exec(name)?.[1];
  return number === undefined ? undefined : { name, number: Number(number) };
}

/** A new term with this number and a new nonce. */
export function newTerm(number: number, profile: ManifestProfile = standardProfile): Term {
  const name = `${number}-${randomBytes(8).toString('hex')}`;
  return { name, number, ...(profile === standardProfile ? {} : { profile }) };
}

/** The manifest that stands under the term's own tag and, while it is the present one, under `_term`. */
export function termManifest(term: Term): { bytes: Buffer; digest: Digest; mediaType: string } {
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    ...manifestType(term.profile ?? standardProfile, mediaTypes.term),
    layers: [emptyDescriptor],
    annotations: { [annotations.journalTerm]: term.name },
  };
  const bytes = canonicalBytes(manifest);
  return { bytes, digest: sha256(bytes), mediaType: mediaTypes.ociManifest };
}

/** True where this is the digest of the term's manifest, whichever profile its writer made it by. */
export function isTermDigest(digest: Digest | undefined, term: Term): boolean {
  return manifestProfiles.some((profile) => termManifest({ ...term, profile }).digest === digest);
}

/** The term that a manifest is of, with its profile; undefined for every other manifest. */
export function readTermManifest(
  bytes: Uint8Array,
): (Term & { profile: ManifestProfile }) | undefined {
  const manifest = parseJson(bytes, 'a term');
  const notes = isJsonObject(manifest) ? manifest.annotations : undefined;
  const name = isJsonObject(notes) ? notes[annotations.journalTerm] : undefined;
  const term = typeof name === 'string' ? parseTerm(name) : undefined;
  const profile = manifestProfiles.find(
    (candidate) => term && termManifest({ ...term, profile: candidate }).bytes.equals(bytes),
  );
  return term && profile && { ...term, profile };
}
