import { resolve } from 'node:path';
import { bundleBytesMax } from '../../core/limits.ts';
import { type ParsedBundle, parseBundle } from '../../signing/bundle.ts';
import type { PublicKey } from '../../signing/keys.ts';
import { readMessageFile, verifyMessage } from '../../signing/message-signature.ts';
import type { Invocation } from '../command.ts';
import { readPublicKey } from '../keys.ts';
import { readSmallFile } from '../small-file.ts';
import { spoken } from '../spoken-error.ts';

/** `vitte key verify FILE`: whether FILE.sig is a signature of FILE, by the key of --key where one is given. */
export async function run(invocation: Invocation): Promise<void> {
  const { options, environment, output, messages, signal } = invocation;
  const path = invocation.arguments[0] ?? '';
  const file = resolve(environment.cwd, path);
  const signature = resolve(environment.cwd, options.text('sig') ?? `${path}.sig`);
  const bundle = parseBundle(await readSmallFile(signature, bundleBytesMax));
  const keyPath = options.text('key');
  const key =
    keyPath === undefined
      ? claimedKey(bundle, invocation)
      : await readPublicKey(invocation, keyPath);
  verifyMessage(bundle, await readMessageFile(file, { signal }), key);
  const claimed = keyPath === undefined;
  if (claimed && !output.json) output.note(messages.key.signedByClaim);
  const document = { schema: 'vitte.key.verify', file, kid: key.kid, signature, claimed };
  await output.answer(document, (paper) => paper.line(`signed ${key.kid}`));
}

/** The key that the signature itself names: it tells that the file is whole, not whom to trust. */
function claimedKey(bundle: ParsedBundle, { messages }: Invocation): PublicKey {
  const key = bundle.content === 'message' ? bundle.key : undefined;
  if (key) return key;
  throw spoken('PKG_E_KEY_FORMAT', messages.key.neededKey(bundle.kid));
}
