import { resolve } from 'node:path';
import { manifestOf } from '../../archive/archive-manifest.ts';
import { inspectFile } from '../../archive/inspect.ts';
import { parseBundle } from '../../signing/bundle.ts';
import { serializeBundleFile } from '../../signing/bundle-file.ts';
import { publicPart, type SecretKey } from '../../signing/keys.ts';
import { readMessageFile, signMessage } from '../../signing/message-signature.ts';
import { signVersion } from '../../signing/version-signature.ts';
import type { Invocation } from '../command.ts';
import { readSigningKey } from '../keys.ts';
import { replaceFile } from '../new-file.ts';
import { statedProfile } from '../publishing.ts';
import { usageError } from '../spoken-error.ts';

type Signed = { bytes: Uint8Array; digest?: string };

/** `vitte key sign FILE --key K`: FILE.sig over the bytes, or FILE.bundle over the version that they make. */
export async function run(invocation: Invocation): Promise<void> {
  const { options, environment, output, messages } = invocation;
  const keyPath = options.text('key');
  if (keyPath === undefined) throw usageError(messages.usage.needsOption('--key'));
  const path = invocation.arguments[0] ?? '';
  const ofVersion = options.flag('version-manifest');
  const key = await readSigningKey(invocation, keyPath);
  const file = resolve(environment.cwd, path);
  const { bytes, ...about } = await (ofVersion ? signArchive : signBytes)(file, key, invocation);
  const stated = options.text('output') ?? `${path}${ofVersion ? '.bundle' : '.sig'}`;
  const signature = resolve(environment.cwd, stated);
  await replaceFile(signature, bytes);
  const document = { schema: 'vitte.key.sign', file, kid: key.kid, signature, ...about };
  await output.answer(document, (paper) => {
    paper.line(paper.forPeople ? messages.key.signed(stated) : stated);
  });
}

async function signBytes(file: string, key: SecretKey, { signal }: Invocation): Promise<Signed> {
  return { bytes: signMessage(await readMessageFile(file, { signal }), key) };
}

async function signArchive(file: string, key: SecretKey, invocation: Invocation): Promise<Signed> {
  const archive = await inspectFile(file, { signal: invocation.signal });
  const { digest } = manifestOf(archive, statedProfile(invocation));
  const bundle = parseBundle(signVersion(digest, key));
  return { bytes: serializeBundleFile([{ bundle, key: publicPart(key) }]), digest };
}
