import { VitteError } from '../../core/errors.ts';
import type { Invocation } from '../command.ts';
import { serverFlags } from './registry-serve.ts';

/** `vitte registry token create --local`: an administrator's token for the store on this machine. */
export async function run(invocation: Invocation): Promise<void> {
  const { options, environment, output, signal } = invocation;
  if (!options.flag('local')) {
    throw new VitteError('PKG_E_COMMAND', 'this release makes tokens beside the store alone', {
      help: 'run it where the store lies: vitte registry token create --local --role admin',
    });
  }
  const { local, role, ...settings } = options.given();
  const { createLocalToken } = await import('../../server/local-token.ts');
  const token = await createLocalToken({
    flags: serverFlags(settings),
    env: environment.variables,
    cwd: environment.cwd,
    stderr: process.stderr,
    signal,
  });
  const document = { schema: 'vitte.registry.token.create', token, role: role ?? 'admin' };
  await output.answer(document, (paper) => paper.table([], [[token]]));
}
