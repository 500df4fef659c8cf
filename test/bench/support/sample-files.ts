// Files to be uploaded, and the same as an OCI image layout.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { emptyContent, emptyDescriptor } from '../../../src/core/descriptor.ts';
import { type Digest, digestOfHex, sha256 } from '../../../src/core/digest.ts';
import { packManifest } from '../../../src/oci/library.ts';

/** The files of one folder, which holds no others. */
export type SampleFiles = { folder: string; names: string[]; bytes: number };

const artifactType = 'application/vnd.example.files.v1';
/** As many as make a file another one than all that were ever uploaded. */
const freshBytes = 32;

/** Writes so many files of so many bytes that nobody can compress, each another, into a new folder. */
export async function writeSampleFiles(
  folder: string,
  count: number,
  bytes: number,
): Promise<SampleFiles> {
  await mkdir(folder, { recursive: true });
  const content = randomBytes(bytes);
  const names = Array.from({ length: count }, (_, at) => `file-${String(at).padStart(4, '0')}`);
  for (const name of names) await writeFile(join(folder, name), content);
  const files = { folder, names, bytes };
  await freshen(files);
  return files;
}

/** Makes each file another one, so that nothing of it stands in any registry. */
export async function freshen({ folder, names }: SampleFiles): Promise<void> {
  for (const name of names) {
    const file = await open(join(folder, name), 'r+');
    await file.write(randomBytes(freshBytes), 0, freshBytes, 0);
    await file.close();
  }
}

/** The digests of the files, in their order. */
export function digestsOf({ folder, names }: Omit<SampleFiles, 'bytes'>): Promise<Digest[]> {
  return inOrder(names, async (name) => {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(folder, name)), hash);
    return digestOfHex(hash.digest('hex'));
  });
}

/** The digests of all files below a folder. */
export async function digestsBelow(folder: string): Promise<Set<Digest>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  return new Set(await digestsOf({ folder, names }));
}

/** Files as an artifact in a layout, in which they stand by links. */
export async function writeLayout(layout: string, files: SampleFiles): Promise<void> {
  const blobs = join(layout, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const at = (digest: Digest) => join(blobs, digest.slice(digest.indexOf(':') + 1));
  const digests = await digestsOf(files);
  const layers = await inOrder(digests, async (digest, n) => {
    const name = files.names[n]!;
    await link(join(files.folder, name), at(digest));
    const annotations = { 'org.opencontainers.image.title': name };
    return { mediaType: 'application/octet-stream', digest, size: files.bytes, annotations };
  });
  const manifest = packManifest({ artifactType, layers });
  const { mediaType, digest, bytes } = manifest;
  await writeFile(at(emptyDescriptor.digest), emptyContent);
  await writeFile(at(sha256(bytes)), bytes);
  const index = { schemaVersion: 2, manifests: [{ mediaType, digest, size: bytes.length }] };
  await writeFile(join(layout, 'index.json'), JSON.stringify(index));
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}

async function inOrder<T, U>(items: readonly T[], work: (item: T, at: number) => Promise<U>) {
  const done: U[] = [];
  for (const [at, item] of items.entries()) done.push(await work(item, at));
  return done;
}
