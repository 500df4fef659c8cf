// The npm registry Verdaccio, with a package in it.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { tool } from '../../interop/tools.ts';
import { call } from '../../support/rest.ts';
import { type MeasuredProcess, type StartOptions, startPeer } from './measured-process.ts';

/** A version as both registries get it. */
export type PlainVersion = {
  name: string;
  version: string;
  description: string;
  license: string;
  keywords: string[];
  archive: Buffer;
};

export async function startVerdaccio(options: StartOptions): Promise<MeasuredProcess> {
  return startPeer(
    'verdaccio',
    [await tool('verdaccio'), join(options.folder, 'verdaccio')],
    options,
  );
}

/** Publishes as npm does. */
export async function publishToVerdaccio(url: string, given: PlainVersion): Promise<void> {
  const { archive, ...version } = given;
  const { name } = version;
  const file = `${name}-${version.version}.tgz`;
  const document = {
    _id: name,
    name,
    'dist-tags': { latest: version.version },
    versions: {
      [version.version]: {
        _id: `${name}@${version.version}`,
        ...version,
        main: 'src/lib.vit',
        dist: {
          integrity: `sha512-${hash('sha512', archive, 'base64')}`,
          shasum: hash('sha1', archive, 'hex'),
          tarball: `${url}/${name}/-/${file}`,
        },
      },
    },
    _attachments: {
      [file]: {
        content_type: 'application/octet-stream',
        data: archive.toString('base64'),
        length: archive.length,
      },
    },
  };
  const { status, bytes } = await call(`${url}/${name}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
  });
  if (status !== 201) throw new Error(`verdaccio: ${status} ${bytes}`);
}

function hash(algorithm: string, bytes: Buffer, encoding: 'hex' | 'base64'): string {
  return createHash(algorithm).update(bytes).digest(encoding);
}
