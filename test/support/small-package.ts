// Packages for tests of many publishes: made in memory, in microseconds, each content for itself.
import { type Digest, sha256 } from '../../src/core/digest.ts';
import { gzip, tar, tarFile } from './tar-builder.ts';

export type SmallPackage = {
  name: string;
  version: string;
  archive: Digest;
  bytes: Buffer;
};

/** The archive of a version; another `content`, another archive. */
export function smallPackage(name: string, version: string, content = 0): SmallPackage {
  const manifest = {
    schema: 'vitte.package.manifest.v1',
    name,
    version,
    kind: 'library',
    entry: 'src/lib.vit',
    dependencies: {},
    tests: ['tests/basic.vit'],
  };
  const files = tar(
    tarFile('src/lib.vit', `space packages/${name.replaceAll('-', '_')}\n// ${content}\n`),
    tarFile('tests/basic.vit', 'proc main() -> int {\n  give 0;\n}\n'),
    tarFile('vitte-package.json', `${JSON.stringify(manifest)}\n`),
  );
  const bytes = gzip(files);
  return { name, version, bytes, archive: sha256(bytes) };
}
