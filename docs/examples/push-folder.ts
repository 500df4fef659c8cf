// Packs a folder into an OCI artifact and pushes it: each file is a layer under its own path, as `oras push` makes it.
//   node push-folder.ts FOLDER REGISTRY/REPOSITORY:TAG [--plain-http]
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import {
  CredentialStore,
  type Descriptor,
  emptyContent,
  emptyDescriptor,
  fileContent,
  packManifest,
  RemoteRepository,
} from 'vitte-registry/oci';

const [folder = '', reference = '', flag] = process.argv.slice(2);
const repository = new RemoteRepository(reference, {
  plainHttp: flag === '--plain-http',
  credentials: CredentialStore.docker(),
});
try {
  const layers: Descriptor[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const title = relative(folder, path).split(sep).join('/');
    const { descriptor, content } = await fileContent(path, { title });
    await repository.push(descriptor, content);
    layers.push(descriptor);
  }
  await repository.push(emptyDescriptor, emptyContent);
  const manifest = packManifest({ artifactType: 'application/vnd.example.folder.v1', layers });
  await repository.manifests.push(manifest, { tag: repository.reference ?? 'latest' });
  console.log(`pushed ${layers.length} files as ${manifest.digest}`);
} finally {
  await repository.close();
}
