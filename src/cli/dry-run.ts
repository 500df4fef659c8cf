import type { Invocation } from './command.ts';
import { registryUrlOf } from './compose.ts';
import { isOn } from './environment.ts';
import { offlineRegistryPath } from './offline-registry.ts';
import { sizeText } from './progress.ts';
import { withPrepared } from './publishing.ts';

/**
 * Does all of a publish that needs neither registry nor token, and says what would be published:
 * `vitte.publish.dry_run` of vitte-commands.md.
 */
export async function dryRun(invocation: Invocation, source: string): Promise<void> {
  const { environment, output, messages } = invocation;
  const offline = isOn(environment.variables.VITTE_PACKAGE_OFFLINE);
  const registry = offline ? await offlineRegistryPath(environment) : registryUrlOf(invocation);
  await withPrepared(invocation, { source }, async ({ archive, manifest }) => {
    const { name, version } = archive.document;
    const files = archive.entries.map(({ path, sha256 }) => ({ path, sha256 }));
    const document = {
      schema: 'vitte.publish.dry_run',
      files,
      files_checked: files.length,
      name,
      offline,
      registry,
      source_sha256: archive.facts.sourceSha256,
      version,
      would_publish: false,
    };
    await output.answer(document, (paper) => {
      paper.line(`dry-run ${name}@${version} ${manifest.digest}`);
    });
    const { wouldPublish } = messages.publish;
    if (!output.json) output.note(wouldPublish({ count: files.length }, sizeText(archive.size)));
  });
}
