import type { Invocation } from '../command.ts';
import { setOwner } from './registry-owner-add.ts';

/** `vitte registry owner remove NAME ACCOUNT`: takes an account off the list; the last owner stays. */
export async function run(invocation: Invocation): Promise<void> {
  await setOwner(invocation, undefined);
}
