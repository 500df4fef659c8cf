import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { fetchAll, parseImageManifest, RemoteRepository } from '../../src/oci/library.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { inFolder, writeFiles } from '../support/folders.ts';
import { exampleFiles, pushFolder } from '../support/push-folder.ts';
import { suite } from '../support/suite.ts';

const test = suite("the library's example");
const docker = await startDockerRegistry();
if ('missing' in docker) test.skip(docker.missing);
else {
  test.after(() => docker.stop());

  test('a folder is pushed, each file a layer under its own path, and again to the same digest', () =>
    inFolder(async (folder) => {
      await writeFiles(join(folder, 'files'), exampleFiles);
      const reference = `${docker.storage().replace(/^oci\+http:\/\//, '')}/example:v1`;
      const said = await pushFolder(join(folder, 'files'), reference);
      const repository = new RemoteRepository(reference, { plainHttp: true });
      try {
        const root = await repository.resolve('v1');
        assert.is(said, `pushed 5 files as ${root.digest}\n`);
        const { layers } = parseImageManifest(await fetchAll(repository, root));
        const titles = layers.map((layer) => layer.annotations?.['org.opencontainers.image.title']);
        assert.equal(titles.toSorted(), Object.keys(exampleFiles).toSorted());
        for (const [at, layer] of layers.entries()) {
          const content = await fetchAll(repository, layer);
          assert.ok(Buffer.from(exampleFiles[titles[at] ?? ''] ?? 'none').equals(content));
        }
      } finally {
        await repository.close();
      }
      assert.is(await pushFolder(join(folder, 'files'), reference), said);
    }));
}

test.run();
