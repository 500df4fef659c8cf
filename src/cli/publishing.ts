// What `registry publish` and `package publish` have in common: pack or take an archive, sign, send, compare.
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { manifestOf } from '../archive/archive-manifest.ts';
import { fileBytes, inspectFile } from '../archive/inspect.ts';
import { type PackTarget, packFolder } from '../archive/pack.ts';
import type { InspectedArchive } from '../archive/port.ts';
import type { Bundle, PublishedAnswer, RegistryClient } from '../client/port.ts';
import { isVitteError, VitteError } from '../core/errors.ts';
import { bundlesMax } from '../core/limits.ts';
import {
  isManifestProfile,
  type ManifestProfile,
  manifestProfiles,
  standardProfile,
} from '../core/manifest-profile.ts';
import type { ArchiveKind } from '../core/media-types.ts';
import type { VersionManifest } from '../core/version-manifest.ts';
import { parseBundle } from '../signing/bundle.ts';
import { bundleFileBytesMax, type KeyedBundle, parseBundleFile } from '../signing/bundle-file.ts';
import { publicPart, spkiOf } from '../signing/keys.ts';
import { signVersion, verifyVersionBundle } from '../signing/version-signature.ts';
import type { Invocation } from './command.ts';
import { withRegistry } from './compose.ts';
import { isOn } from './environment.ts';
import { readSigningKey } from './keys.ts';
import { showProgress, withProgress } from './progress.ts';
import { readSmallFile } from './small-file.ts';
import { spoken } from './spoken-error.ts';
import { withTemporaryFolder } from './temporary-files.ts';

/** An archive ready to be sent. `file` exists only as long as the work that was given it. */
export type Prepared = {
  file: string;
  archive: InspectedArchive;
  manifest: VersionManifest;
  signatures: KeyedBundle[];
};

export type Published = PublishedAnswer & { created: boolean; registry: string };

/**
 * Packs a folder, or takes an archive, and signs the version that it makes by --key and --signature, as a registry of
 * this manifest profile has it. Throws what packing, inspecting and signing throw.
 */
export async function withPrepared<T>(
  invocation: Invocation,
  { source, profile = standardProfile }: { source: string; profile?: ManifestProfile },
  work: (prepared: Prepared) => Promise<T>,
): Promise<T> {
  const path = resolve(invocation.environment.cwd, source);
  const { signal } = invocation;
  const found = await stat(path).catch(() => undefined);
  return withTemporaryFolder(async (directory) => {
    // A path that leads nowhere is left to the packer, which says what it expected there.
    const packed = found?.isFile()
      ? { ...(await inspectFile(path, { signal })), file: path }
      : await packWithProgress(invocation, path, { directory });
    const manifest = manifestOf(packed, profile);
    const signatures = await signaturesFor(invocation, manifest);
    return work({ file: packed.file, archive: packed, manifest, signatures });
  });
}

/** The profile of --profile: that of the registry for which a version is packed or signed without asking it. */
export function statedProfile({ options }: Invocation): ManifestProfile {
  const stated = options.text('profile');
  return manifestProfiles.find((profile) => String(profile) === stated) ?? standardProfile;
}

/** Packs a folder and shows how far it is. */
export async function packWithProgress(invocation: Invocation, folder: string, target: PackTarget) {
  const progress = showProgress(invocation, invocation.messages.progress.pack);
  const kind = (invocation.options.text('kind') ?? kindOf(target)) as ArchiveKind;
  try {
    return await packFolder(folder, target, {
      kind,
      signal: invocation.signal,
      onProgress: ({ filesDone, filesTotal }) => progress.at(filesDone, filesTotal),
    });
  } finally {
    progress.end();
  }
}

/** The kind that the name of the target tells; of sources where it tells none. */
function kindOf(target: PackTarget): ArchiveKind {
  return 'file' in target && target.file.endsWith('.vitpkg') ? 'vitpkg' : 'vitmod';
}

/**
 * Prepares, sends, and checks that the registry's manifest is the one that was signed. Throws PKG_E_TOKEN before
 * anything is done where there is no token, PKG_E_INTEGRITY for another manifest, and what the registry states.
 */
export async function publish(invocation: Invocation, source: string): Promise<Published> {
  const { messages, environment } = invocation;
  if (isOn(environment.variables.VITTE_PACKAGE_OFFLINE)) {
    throw spoken('PKG_E_PUBLISH_WRITE_DISABLED', messages.publish.offline);
  }
  return withRegistry(invocation, async ({ client, hasToken }) => {
    if (!hasToken) {
      const help = messages.publish.noTokenHelp;
      throw spoken('PKG_E_TOKEN', messages.publish.noToken(client.url), { help });
    }
    if (isExposed(client.url)) invocation.output.warn(messages.publish.insecure(client.url));
    const { limits, profile } = await checkRegistry(client, invocation);
    return withPrepared(invocation, { source, profile }, async (prepared) => {
      const { size } = prepared.archive;
      if (limits?.uploadBytesMax !== undefined && size > limits.uploadBytesMax) {
        throw spoken('PKG_E_BODY_SIZE', messages.publish.tooLarge(size, limits.uploadBytesMax));
      }
      const published = await send(client, prepared, invocation);
      await checkDigest(client, prepared, published, invocation);
      remarkOn(published, prepared, invocation);
      return { ...published, registry: client.url };
    });
  });
}

/** True for a registry that a token would travel to unencrypted, over more than this machine. */
function isExposed(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}

/** Asks before anything is packed: a registry that is away, or of an unknown profile, is told at once. */
async function checkRegistry(client: RegistryClient, { messages, signal }: Invocation) {
  const { profile, limits } = await client.registry({ signal });
  if (isManifestProfile(profile)) return { profile, limits };
  const known = manifestProfiles.join(', ');
  throw spoken('PKG_E_REGISTRY_ANSWER', messages.publish.profile(profile, known), {
    help: messages.publish.profileHelp,
  });
}

async function send(client: RegistryClient, prepared: Prepared, invocation: Invocation) {
  const { archive, file, signatures } = prepared;
  const { document, kind, size } = archive;
  const progress = showProgress(invocation, invocation.messages.progress.send);
  const bundles: Bundle[] = signatures.map(({ bundle, key }) => ({
    bytes: bundle.bytes,
    key: spkiOf(key),
  }));
  try {
    return await client.publish(
      {
        name: document.name,
        version: document.version,
        archive: { kind, bytes: size, open: () => withProgress(fileBytes(file), size, progress) },
        bundles,
      },
      { signal: invocation.signal },
    );
  } finally {
    progress.end();
  }
}

/**
 * The registry must say the manifest digest that was computed here. Only a version that stood there already may
 * differ, and then in the compression of the same tar alone.
 */
async function checkDigest(
  client: RegistryClient,
  { manifest, archive }: Prepared,
  published: PublishedAnswer & { created: boolean },
  { messages, signal }: Invocation,
) {
  if (published.digest === manifest.digest) return;
  if (!published.created) {
    const { name, version } = archive.document;
    const first = await client.versionInfo(name, version, { signal });
    const { archive: facts } = first.document;
    const isSameTar =
      typeof facts === 'object' &&
      facts !== null &&
      !Array.isArray(facts) &&
      facts.tarSha256 === archive.facts.tarSha256;
    if (isSameTar && first.digest === published.digest) return;
  }
  const why = messages.publish.otherDigest(published.digest, manifest.digest);
  throw spoken('PKG_E_INTEGRITY', why, {
    data: { registry: published.digest, archive: manifest.digest },
  });
}

function remarkOn(
  published: PublishedAnswer & { created: boolean },
  { manifest }: Prepared,
  { messages, output }: Invocation,
) {
  const what = `${published.name}@${published.version}`;
  if (!published.created) output.note(messages.publish.already(what));
  if (published.digest !== manifest.digest) output.note(messages.publish.packedElsewhere);
  for (const { digest, reason } of published.notAttached ?? []) {
    output.warn(messages.publish.notAttached(digest, reason));
  }
}

/** The signatures of --key, made now, and those of --signature, verified; each key once. */
async function signaturesFor(
  invocation: Invocation,
  { digest }: VersionManifest,
): Promise<KeyedBundle[]> {
  const found = new Map<string, KeyedBundle>();
  for (const path of invocation.options.list('key')) {
    const key = await readSigningKey(invocation, path);
    found.set(key.kid, { bundle: parseBundle(signVersion(digest, key)), key: publicPart(key) });
  }
  for (const path of invocation.options.list('signature')) {
    for (const signature of await readSignatures(resolve(invocation.environment.cwd, path))) {
      try {
        verifyVersionBundle(signature.bundle, digest, signature.key);
      } catch (cause) {
        if (!isVitteError(cause)) throw cause;
        const options = { cause, ...(cause.data ? { data: cause.data } : {}) };
        throw new VitteError(cause.code, `${path}: ${cause.message}`, options);
      }
      found.set(signature.bundle.digest, signature);
    }
  }
  const signatures = [...found.values()];
  if (signatures.length > bundlesMax) {
    throw new VitteError('PKG_E_SIGNATURE_LIMIT', `at most ${bundlesMax} signatures at once`);
  }
  return signatures;
}

async function readSignatures(path: string): Promise<KeyedBundle[]> {
  return parseBundleFile(await readSmallFile(path, bundleFileBytesMax));
}
