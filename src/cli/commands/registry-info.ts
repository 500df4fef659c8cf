import type { PackageAnswer, VersionAnswer } from '../../client/port.ts';
import { isJsonObject, type JsonValue } from '../../core/json.ts';
import type { Invocation } from '../command.ts';
import { withRegistry } from '../compose.ts';
import { type PackageSpec, parsePackageSpec, pickVersion } from '../package-spec.ts';
import { sizeText } from '../progress.ts';

type Field = readonly [label: string, value: string | undefined];

/** `vitte registry info NAME[@REQ]`: the package and its versions, or one version. */
export async function run(invocation: Invocation): Promise<void> {
  const spec = parsePackageSpec(invocation.arguments[0] ?? '');
  const ofVersion = spec.exact !== undefined || spec.requirement !== undefined;
  await (ofVersion ? showVersion(invocation, spec) : showPackage(invocation, spec));
}

async function showPackage(invocation: Invocation, { name }: PackageSpec) {
  const { output, messages, signal } = invocation;
  const found = await withRegistry(invocation, ({ client }) =>
    client.packageInfo(name, { signal }),
  );
  const { table } = messages;
  await output.answer({ schema: 'vitte.registry.info', ...found }, (paper) => {
    if (!paper.forPeople) {
      return paper.table([], [...fieldRows(packageFields(found)), ...versionRows(found)]);
    }
    paper.title(`${found.name}${found.latest ? ` ${found.latest}` : ''}`);
    if (found.description) paper.line(found.description);
    paper.line('');
    for (const row of fieldRows(packageFields(found).slice(3))) paper.line(labelled(row));
    paper.line('');
    paper.table(
      [table.version, table.published, table.signed, table.state, table.digest],
      versionRows(found).map(([, version, digest, published, signed, state]) =>
        [version, published, signed, state, digest].map((cell) => cell || '-'),
      ),
    );
  });
}

async function showVersion(invocation: Invocation, spec: PackageSpec) {
  const { output } = invocation;
  const found = await withRegistry(invocation, ({ client }) =>
    pickVersion(client, spec, invocation),
  );
  await output.answer({ schema: 'vitte.registry.info', ...found }, (paper) => {
    const rows = fieldRows(versionFields(found));
    if (!paper.forPeople) return paper.table([], rows);
    paper.title(`${found.name}@${found.version}`);
    for (const row of rows.slice(2)) paper.line(labelled(row));
  });
}

/** The first column of these rows is what a script looks for, so it is never translated. */
function packageFields(found: PackageAnswer): Field[] {
  return [
    ['name', found.name],
    ['latest', found.latest],
    ['description', found.description],
    ['kind', found.kind],
    ['license', found.license],
    ['keywords', found.keywords?.join(' ')],
    ['repository', found.repository],
    ['homepage', found.homepage],
    ['owners', found.owners.join(' ')],
    ['created', found.createdAt],
    ['deprecated', found.deprecated],
  ];
}

function versionFields(found: VersionAnswer): Field[] {
  const { document, archive, signatures } = found;
  const text = (key: string) => (typeof document[key] === 'string' ? document[key] : undefined);
  return [
    ['name', found.name],
    ['version', found.version],
    ['description', text('description')],
    ['kind', text('kind')],
    ['license', text('license')],
    ['entry', text('entry')],
    ['digest', found.digest],
    ['archive', `${archive.digest} ${sizeText(archive.bytes)} ${archive.fileName}`],
    ['published', found.publishedAt],
    ['yanked', found.yanked ? (found.yank?.reason ?? 'yanked') : undefined],
    ...signatures.map(({ kid }): Field => ['signed', kid]),
    ...listOf(document.dependencies).map((row): Field => ['dependency', dependencyText(row)]),
  ];
}

/** `version`, number, digest, time, the keys that signed, and `yanked` or nothing. */
function versionRows(found: PackageAnswer): string[][] {
  return found.versions.map(({ version, digest, publishedAt, yanked, signatures }) => {
    const kids = [...new Set(signatures.map(({ kid }) => kid))].join(' ');
    return ['version', version, digest, publishedAt, kids, yanked ? 'yanked' : ''];
  });
}

function fieldRows(fields: readonly Field[]): string[][] {
  return fields.flatMap(([label, value]) => (value ? [[label, value]] : []));
}

function labelled([label = '', value = '']: readonly string[]): string {
  return `${label.padEnd(13)}${value}`;
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function dependencyText(row: JsonValue): string {
  if (!isJsonObject(row)) return '';
  return [row.name, row.requirement].filter((part) => typeof part === 'string').join(' ');
}
