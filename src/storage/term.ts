import { randomBytes } from 'node:crypto';
import { emptyDescriptor, type ImageManifest } from '../core/descriptor.ts';
import { type Digest, sha256 } from '../core/digest.ts';
import { canonicalBytes } from '../core/json.ts';
import { annotations, mediaTypes } from '../core/media-types.ts';

/** A term of the journal: `R-NONCE`, its number and a nonce that no other attempt has. */
export type Term = { name: string; number: number };

const termForm = /^([1-9][0-9]{0,14})-[0-9a-f]{16}$/;

/** The term that a tag names, or undefined where it names none. */
export function parseTerm(name: string): Term | undefined {
  const number = termForm.exec(name)?.[1];
  return number === undefined ? undefined : { name, number: Number(number) };
}

/** A new term with this number and a new nonce. */
export function newTerm(number: number): Term {
  return { name: `${number}-${randomBytes(8).toString('hex')}`, number };
}

/** The manifest that stands under the term's own tag and, while it is the present one, under `_term`. */
export function termManifest(term: Term): { bytes: Buffer; digest: Digest; mediaType: string } {
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: mediaTypes.term,
    config: emptyDescriptor,
    layers: [emptyDescriptor],
    annotations: { [annotations.journalTerm]: term.name },
  };
  const bytes = canonicalBytes(manifest);
  return { bytes, digest: sha256(bytes), mediaType: mediaTypes.ociManifest };
}
