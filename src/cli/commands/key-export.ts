import { resolve } from 'node:path';
import { secretOf } from '../../signing/key-file.ts';
import { type ExportFormat, exportPublicKey, exportSecretKey } from '../../signing/key-formats.ts';
import type { Invocation } from '../command.ts';
import { readKey } from '../keys.ts';
import { replaceFile } from '../new-file.ts';
import { usageError } from '../spoken-error.ts';

/** `vitte key export`: the public key, or with --secret the secret one, in the form of another tool. */
export async function run(invocation: Invocation): Promise<void> {
  const { options, environment, output, messages } = invocation;
  const path = options.text('key');
  if (path === undefined) throw usageError(messages.usage.needsOption('--key'));
  const format = (options.text('format') ?? 'pem') as ExportFormat;
  const secret = options.flag('secret');
  const target = options.text('output');
  if (format === 'der' && target === undefined && environment.stdout.isTerminal && !output.json) {
    throw usageError(messages.key.secretOnTerminal, messages.key.useOutput);
  }
  const read = await readKey(invocation, path);
  const bytes = secret
    ? exportSecretKey(secretOf(read), format)
    : exportPublicKey(read.key, format);
  const file = target === undefined ? undefined : resolve(environment.cwd, target);
  if (file !== undefined) await replaceFile(file, bytes, secret ? 0o600 : 0o666);
  if (!output.json) {
    if (file === undefined) await output.bytes(bytes);
    return;
  }
  const content =
    format === 'der' ? { base64: bytes.toString('base64') } : { text: bytes.toString() };
  const document = { schema: 'vitte.key.export', kid: read.key.kid, format, secret, file };
  await output.answer({ ...document, ...(file === undefined ? content : {}) }, () => {});
}
