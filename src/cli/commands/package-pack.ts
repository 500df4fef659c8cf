import { resolve } from 'node:path';
import { manifestOf } from '../../archive/archive-manifest.ts';
import type { Invocation } from '../command.ts';
import { sizeText } from '../progress.ts';
import { packWithProgress, statedProfile } from '../publishing.ts';

/** `vitte package pack`: NAME-VERSION.vitmod in the current folder, or the file of --out. */
export async function run(invocation: Invocation): Promise<void> {
  const { options, environment, output } = invocation;
  const { cwd } = environment;
  const out = options.text('out');
  const target = out === undefined ? { directory: cwd } : { file: resolve(cwd, out) };
  const packed = await packWithProgress(
    invocation,
    resolve(cwd, options.text('path') ?? '.'),
    target,
  );
  const { name, version } = packed.document;
  const { digest } = manifestOf(packed, statedProfile(invocation));
  const document = {
    schema: 'vitte.package.pack',
    file: packed.file,
    name,
    version,
    tar_sha256: packed.facts.tarSha256,
    digest,
  };
  await output.answer(document, (paper) => {
    paper.line(`packed ${name}@${version} ${digest}`);
    paper.line(`${packed.file} (${sizeText(packed.size)})`);
  });
}
