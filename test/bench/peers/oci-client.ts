// What somebody writes who has the library: files as one artifact, there and back. Prints the milliseconds from the
// start of the process until the library was loaded.
//   oci-client push REFERENCE AT_ONCE FILE…
//   oci-client pull REFERENCE AT_ONCE FOLDER
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type Descriptor,
  emptyContent,
  emptyDescriptor,
  fileContent,
  packManifest,
  parseImageManifest,
  RemoteRepository,
} from 'vitte-registry/oci';

const loadedMs = performance.now();
const [command = '', reference = '', atOnce = '', ...paths] = process.argv.slice(2);
const repository = new RemoteRepository(reference, { plainHttp: true });
const tag = repository.reference ?? 'latest';
try {
  await (command === 'push' ? push(paths) : pull(paths[0] ?? '.'));
} finally {
  await repository.close();
}
console.log(JSON.stringify({ loadedMs }));

async function push(files: string[]) {
  const layers: Descriptor[] = [];
  await each(files.entries(), async ([at, file]) => {
    const { descriptor, content } = await fileContent(file, { title: basename(file) });
    await repository.push(descriptor, content);
    layers[at] = descriptor;
  });
  await repository.push(emptyDescriptor, emptyContent);
  const manifest = packManifest({ artifactType: 'application/vnd.example.files.v1', layers });
  await repository.manifests.push(manifest, { tag });
}

async function pull(folder: string) {
  await mkdir(folder, { recursive: true });
  const stored = await repository.manifests.fetch(tag);
  if (!stored) throw new Error(`there is no ${reference}`);
  const { layers } = parseImageManifest(stored.bytes);
  await each(layers.values(), async (layer) => {
    const title = layer.annotations?.['org.opencontainers.image.title'] ?? layer.digest;
    await writeFile(join(folder, title), await repository.fetch(layer, { transient: true }));
  });
}

/** Does something with each, so many at a time. */
async function each<T>(items: Iterator<T>, work: (item: T) => Promise<void>) {
  const worker = async () => {
    for (let next = items.next(); !next.done; next = items.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: Number(atOnce) }, worker));
}
