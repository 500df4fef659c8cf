// What `registry fetch` and `package verify` have in common: an archive, the registry's record of it, signatures.

import { manifestOf } from '../archive/archive-manifest.ts';
import type { InspectedArchive } from '../archive/port.ts';
import type { RegistryClient, SignaturesAnswer, VersionAnswer } from '../client/port.ts';
import { type Digest, hexOf } from '../core/digest.ts';
import { isVitteError, VitteError } from '../core/errors.ts';
import { canonicalBytes } from '../core/json.ts';
import { manifestProfiles } from '../core/manifest-profile.ts';
import { parseBundle } from '../signing/bundle.ts';
import type { KeyedBundle } from '../signing/bundle-file.ts';
import { parseSignerKey } from '../signing/signer-key.ts';
import { verifyVersionBundle } from '../signing/version-signature.ts';
import type { Invocation } from './command.ts';

export type Verified = {
  digest: Digest;
  /** The keys that approve the version, each once. */
  kids: string[];
  /** Every signature that was verified, approvals and other statements. */
  signatures: KeyedBundle[];
};

/**
 * Compares an archive with the registry's record of its version: name, version, and the manifest computed from
 * the archive, by whichever profile. Throws PKG_E_INTEGRITY.
 */
export function checkAgainstRecord(archive: InspectedArchive, record: VersionAnswer): Digest {
  const { name, version } = archive.document;
  const what = `${record.name}@${record.version}`;
  if (name !== record.name || version !== record.version) {
    throw integrityError(`the archive of ${what} says that it is ${name}@${version}`);
  }
  const digests = versionDigests(archive);
  if (digests.includes(record.digest)) return record.digest;
  throw integrityError(
    `the archive makes ${what} with digest ${digests[0]}, and the registry has ${record.digest}`,
  );
}

/** The version's digest that these signatures are over, else that of profile 1. */
export function signedDigest(
  archive: InspectedArchive,
  signatures: readonly KeyedBundle[] = [],
): Digest {
  const digests = versionDigests(archive);
  const signed = digests.find((digest) => signatures.some((one) => isOver(one, digest)));
  return signed ?? manifestOf(archive).digest;
}

/** What the version's digest is in registries of each profile, that of profile 1 first. */
function versionDigests(archive: InspectedArchive): Digest[] {
  return manifestProfiles.map((profile) => manifestOf(archive, profile).digest);
}

function isOver({ bundle }: KeyedBundle, digest: Digest): boolean {
  return bundle.content === 'dsse' && bundle.statement.subjects.includes(hexOf(digest));
}

/**
 * Verifies signatures over a version. One that is not valid makes the whole invalid: PKG_E_INTEGRITY, with the
 * reason as cause.
 */
export function verifySignatures(digest: Digest, signatures: readonly KeyedBundle[]): Verified {
  const kids = new Set<string>();
  for (const { bundle, key } of signatures) {
    try {
      const { kid, approves } = verifyVersionBundle(bundle, digest, key);
      if (approves) kids.add(kid);
    } catch (cause) {
      throw signatureError(cause);
    }
  }
  return { digest, kids: [...kids], signatures: [...signatures] };
}

/**
 * The signatures that a registry has of a version, to be verified. One whose key nobody knows can't be: it is
 * warned of and left out. Throws PKG_E_INTEGRITY for what is no signature, or not by the key that it is said to
 * be by.
 */
export async function registrySignatures(
  client: RegistryClient,
  record: VersionAnswer,
  invocation: Invocation,
): Promise<KeyedBundle[]> {
  if (record.signatures.length === 0) return [];
  const { signal, output, messages } = invocation;
  const { signatures } = await client.signatures(record.name, record.version, { signal });
  return signatures.flatMap((row) => {
    if (row.key !== undefined) return [keyedBundle(row, row.key)];
    output.warn(messages.fetch.unknownKey(row.kid));
    return [];
  });
}

function keyedBundle(row: SignaturesAnswer['signatures'][number], keyText: string): KeyedBundle {
  try {
    const key = parseSignerKey(keyText);
    const bundle = parseBundle(canonicalBytes(row.bundle));
    if (key.kid === row.kid) return { bundle, key };
  } catch (cause) {
    throw signatureError(cause);
  }
  throw integrityError(`a signature said to be by ${row.kid} comes with another key`);
}

function signatureError(cause: unknown) {
  return isVitteError(cause) ? integrityError(cause.message, cause) : cause;
}

function integrityError(message: string, cause?: VitteError) {
  return new VitteError('PKG_E_INTEGRITY', message, {
    ...(cause === undefined ? {} : { cause }),
    ...(cause?.data ? { data: cause.data } : {}),
  });
}
