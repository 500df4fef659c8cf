import type { Invocation } from '../command.ts';
import { setYanked } from './registry-yank.ts';

/** `vitte registry unyank NAME@VERSION`: requirements may choose the version again. */
export async function run(invocation: Invocation): Promise<void> {
  await setYanked(invocation, false);
}
