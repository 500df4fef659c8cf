// What the library pushes, other people's tools read; what they make, it reads.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { copy, extendedCopy, OciLayoutStore, RemoteRepository } from '../../src/oci/library.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type Files, inFolder, writeFiles } from '../support/folders.ts';
import { exampleFiles, pushFolder } from '../support/push-folder.ts';
import { suite } from '../support/suite.ts';
import { runTool, tool } from './tools.ts';

type Rig = { docker: DockerRegistry; place: string; oras: string };
const test = suite<Rig>('the library and other tools', { timeoutMs: 25 * 60_000 });

test.before(async (rig) => {
  const docker = await startDockerRegistry();
  if ('missing' in docker) throw new Error(docker.missing);
  rig.docker = docker;
  rig.place = docker.storage().replace(/^oci\+http:\/\//, '');
  rig.oras = await tool('oras');
});
test.after((rig) => rig.docker.stop());

test('oras pull gives back the folder that the example pushed', ({ place, oras }) =>
  inFolder(async (folder) => {
    await writeFiles(join(folder, 'files'), exampleFiles);
    await pushFolder(join(folder, 'files'), `${place}/example:v1`);
    const out = join(folder, 'out');
    await runTool(oras, ['pull', '--plain-http', `${place}/example:v1`, '-o', out]);
    assert.equal(await filesOf(out), bytesOf(exampleFiles));
  }));

test('what oras pushed and attached is copied with its referrer to a layout, which oras and skopeo read', ({
  place,
  oras,
}) =>
  inFolder(async (folder) => {
    await writeFiles(folder, { 'a.txt': 'some text', 'sbom.json': '{}' });
    const reference = `${place}/pushed:v1`;
    const here = { cwd: folder };
    await runTool(oras, ['push', '--plain-http', reference, 'a.txt:text/plain'], here);
    const attach = ['attach', '--plain-http', '--artifact-type', 'example/sbom', reference];
    await runTool(oras, [...attach, 'sbom.json'], here);

    const remote = new RemoteRepository(reference, { plainHttp: true });
    const layout = await OciLayoutStore.open(join(folder, 'layout'));
    const { digest } = await extendedCopy(remote, 'v1', layout);
    await layout.close();
    const back = new RemoteRepository(`${place}/back`, { plainHttp: true });
    const again = await OciLayoutStore.open(join(folder, 'layout'));
    await copy(again, 'v1', back, 'v2');
    await Promise.all([again.close(), remote.close(), back.close()]);

    const local = `${join(folder, 'layout')}:v1`;
    const discover = ['discover', '--oci-layout', local, '--format', 'json'];
    assert.match((await runTool(oras, discover)).stdout, 'example/sbom');
    const inspect = await runTool(await tool('skopeo'), ['inspect', '--raw', `oci:${local}`]);
    assert.match(inspect.stdout, 'text/plain');
    const resolve = await runTool(oras, ['resolve', '--plain-http', `${place}/back:v2`]);
    assert.is(resolve.stdout.trim(), digest);
  }));

test('a layout that oras made is opened and copied from', ({ place, oras }) =>
  inFolder(async (folder) => {
    await writeFiles(folder, { 'a.txt': 'some text' });
    await runTool(oras, ['push', '--oci-layout', 'made:v1', 'a.txt'], { cwd: folder });
    const layout = await OciLayoutStore.open(join(folder, 'made'), { create: false });
    const remote = new RemoteRepository(`${place}/made`, { plainHttp: true });
    await copy(layout, 'v1', remote);
    await Promise.all([layout.close(), remote.close()]);
    const out = join(folder, 'out');
    await runTool(oras, ['pull', '--plain-http', `${place}/made:v1`, '-o', out]);
    assert.equal(await filesOf(out), bytesOf({ 'a.txt': 'some text' }));
  }));

async function filesOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    found[path.slice(folder.length + 1)] = (await readFile(path)).toString('base64');
  }
  return found;
}

function bytesOf(files: Files): Record<string, string> {
  const pairs = Object.entries(files);
  return Object.fromEntries(
    pairs.map(([path, content]) => [path, Buffer.from(content).toString('base64')]),
  );
}

test.run();
