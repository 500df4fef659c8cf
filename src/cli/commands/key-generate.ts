import { join, resolve } from 'node:path';
import { writeKeyFile } from '../../signing/key-file.ts';
import { generateKey } from '../../signing/keys.ts';
import { formatSignerKey } from '../../signing/signer-key.ts';
import type { Invocation } from '../command.ts';
import { homeOf } from '../environment.ts';
import { passphraseOf } from '../keys.ts';

/** `vitte key generate`: a new Ed25519 key in a file of its own; one that is there is never replaced. */
export async function run(invocation: Invocation): Promise<void> {
  const { options, environment, output, messages } = invocation;
  const stated = options.text('output');
  const file =
    stated === undefined
      ? join(homeOf(environment), 'keys', 'dev.json')
      : resolve(environment.cwd, stated);
  const passphrase = await passphraseOf(invocation);
  const key = generateKey();
  await writeKeyFile(file, key, passphrase === undefined ? {} : { passphrase });
  const document = {
    schema: 'vitte.key.generate',
    algo: 'ed25519',
    encrypted: passphrase !== undefined,
    file,
    kid: key.kid,
    key: formatSignerKey(key),
  };
  await output.answer(document, (paper) => {
    if (paper.forPeople) paper.line(messages.key.generated(key.kid, stated ?? file));
    else paper.table([], [[key.kid, file]]);
  });
}
