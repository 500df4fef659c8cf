// The vectors of spec/vectors/archive. `node test/support/archive-vectors.ts` computes anew what follows from
// the inputs in each file (description, kind, folder) and writes it back.
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspectFile } from '../../src/archive/inspect.ts';
import { packFolder } from '../../src/archive/pack.ts';
import type { ArchiveEntry, InspectedArchive } from '../../src/archive/port.ts';
import { sha256 } from '../../src/core/digest.ts';
import type { PackageDocument } from '../../src/core/document.ts';
import type { ManifestProfile } from '../../src/core/manifest-profile.ts';
import type { ArchiveKind } from '../../src/core/media-types.ts';
import { versionManifest } from '../../src/core/version-manifest.ts';
import { type Files, inFolder, writeFiles } from './folders.ts';

export const vectorFolder = fileURLToPath(new URL('../../spec/vectors/archive/', import.meta.url));

export type VectorFile = { path: string; text?: string; base64?: string; executable?: boolean };

export type ArchiveVector = {
  description: string;
  kind: ArchiveKind;
  /** What lies in the folder that is packed. */
  folder: VectorFile[];
  /** What the archive then holds. */
  entries: ArchiveEntry[];
  tarSha256: string;
  sourceSha256: string;
  registryChecksum: string;
  document: PackageDocument;
  /** One archive of that tar. Another zlib may compress it to other bytes, and then another manifest follows. */
  archive: { base64: string; digest: string; size: number };
  readme?: { path: string; digest: string; size: number };
  /** The version's manifest for that archive by profile 1, its bytes as text. */
  manifest: { digest: string; text: string };
  /** The same by profile 2. */
  manifestProfile2: { digest: string; text: string };
};

/** All vectors by file name, in order. */
export async function archiveVectors(): Promise<[string, ArchiveVector][]> {
  const names = (await readdir(vectorFolder)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(
    names.map(async (name): Promise<[string, ArchiveVector]> => {
      return [name, JSON.parse(await readFile(join(vectorFolder, name), 'utf8'))];
    }),
  );
}

export function contentOf({ text, base64 }: VectorFile): Buffer {
  return base64 === undefined ? Buffer.from(text ?? '') : Buffer.from(base64, 'base64');
}

/** Writes the vector's folder to disk. */
export async function writeVectorFolder(folder: string, vector: ArchiveVector): Promise<string> {
  const files: Files = {};
  for (const file of vector.folder) files[file.path] = contentOf(file);
  await writeFiles(folder, files);
  for (const { path, executable } of vector.folder) {
    if (executable) await chmod(join(folder, path), 0o755);
  }
  return folder;
}

/** What the manifest function makes of an archive. */
export function manifestOf(found: InspectedArchive, profile: ManifestProfile) {
  const { kind, digest, size, document, readme } = found;
  const input = {
    document,
    archive: { kind, digest, size },
    readme: readme && { digest: sha256(readme.bytes), size: readme.bytes.length },
  };
  const manifest = versionManifest(input, profile);
  return { digest: manifest.digest, text: manifest.bytes.toString() };
}

async function computed(vector: ArchiveVector): Promise<ArchiveVector> {
  return inFolder(async (folder) => {
    const source = await writeVectorFolder(join(folder, 'source'), vector);
    const { kind } = vector;
    const { file } = await packFolder(source, { directory: folder }, { kind });
    const found = await inspectFile(file);
    const { digest, size, readme, facts } = found;
    return {
      description: vector.description,
      kind,
      folder: vector.folder,
      entries: found.entries,
      tarSha256: facts.tarSha256,
      sourceSha256: facts.sourceSha256,
      registryChecksum: facts.registryChecksum,
      document: found.document,
      archive: { base64: (await readFile(file)).toString('base64'), digest, size },
      ...(readme && {
        readme: { path: readme.path, digest: sha256(readme.bytes), size: readme.bytes.length },
      }),
      manifest: manifestOf(found, 1),
      manifestProfile2: manifestOf(found, 2),
    };
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, vector] of await archiveVectors()) {
    const text = JSON.stringify(await computed(vector), null, 2);
    await writeFile(join(vectorFolder, name), `${text}\n`);
  }
}
