import { parseRemark } from '../../core/remark.ts';
import type { Invocation } from '../command.ts';
import { withRegistry } from '../compose.ts';
import { parsePackageSpec, pickVersion } from '../package-spec.ts';
import { usageError } from '../spoken-error.ts';

/** `vitte registry yank NAME@VERSION`: no requirement chooses the version any more. */
export async function run(invocation: Invocation): Promise<void> {
  await setYanked(invocation, true);
}

/** Yanks a version, or lifts that; prints `yanked NAME@VERSION` or `unyanked NAME@VERSION`. */
export async function setYanked(invocation: Invocation, yanked: boolean): Promise<void> {
  const { options, output, messages, signal } = invocation;
  const text = invocation.arguments[0] ?? '';
  const spec = parsePackageSpec(text);
  if (spec.exact === undefined) throw usageError(messages.change.needsVersion(text));
  const stated = options.text('reason');
  const reason = stated === undefined ? undefined : parseRemark(stated, 'reason');
  const answer = await withRegistry(invocation, async ({ client }) => {
    const { name, version } = await pickVersion(client, spec, invocation);
    return client.setYanked(name, version, yanked, { reason, signal });
  });
  const what = `${answer.name}@${answer.version}`;
  if (!answer.changed) output.note(messages.change.unchanged(what));
  const schema = yanked ? 'vitte.registry.yank' : 'vitte.registry.unyank';
  await output.answer({ schema, ...answer }, (paper) => {
    paper.line(`${yanked ? 'yanked' : 'unyanked'} ${what}`);
  });
}
