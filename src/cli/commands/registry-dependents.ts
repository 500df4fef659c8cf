import type { DependentsAnswer, RegistryClient } from '../../client/port.ts';
import { type PackageName, parsePackageName } from '../../core/name.ts';
import type { Invocation } from '../command.ts';
import { withRegistry } from '../compose.ts';
import { limitMax, limitOf } from '../listing.ts';

const pageRows = 1_000;

/** `vitte registry dependents NAME`: versions that depend on a package, with the requirement that binds. */
export async function run(invocation: Invocation): Promise<void> {
  const { options, output, messages } = invocation;
  const name = parsePackageName(invocation.arguments[0] ?? '');
  const limit = limitOf(invocation) ?? limitMax;
  const transitive = options.flag('transitive');
  const found = await withRegistry(invocation, ({ client }) =>
    readAll(client, name, { transitive, limit }, invocation),
  );
  const { table } = messages;
  const header = [table.name, table.version, table.requirement, table.scope];
  const document = { schema: 'vitte.registry.dependents', name, transitive, ...found };
  await output.answer(document, (paper) => {
    if (found.dependents.length === 0 && paper.forPeople) return paper.line(messages.list.empty);
    paper.table(
      transitive ? [...header, table.on, table.depth] : header,
      found.dependents.map(({ name, version, requirement, scope, on, depth }) => [
        name,
        version,
        requirement,
        scope,
        ...(transitive ? [on ?? '', String(depth ?? '')] : []),
      ]),
    );
  });
  if (!found.complete && !output.json) output.note(messages.change.incomplete);
}

async function readAll(
  client: RegistryClient,
  name: PackageName,
  { transitive, limit }: { transitive: boolean; limit: number },
  { signal }: Pick<Invocation, 'signal'>,
): Promise<Pick<DependentsAnswer, 'dependents' | 'complete'>> {
  const dependents: DependentsAnswer['dependents'] = [];
  let cursor: string | undefined;
  for (;;) {
    const rows = Math.min(pageRows, limit - dependents.length);
    const page = await client.dependents(name, { transitive, limit: rows, cursor, signal });
    for (const row of page.dependents.slice(0, rows)) dependents.push(row);
    cursor = page.next;
    const isEnd = cursor === undefined || page.dependents.length === 0;
    if (isEnd || dependents.length >= limit) {
      return { dependents, complete: page.complete && cursor === undefined };
    }
  }
}
