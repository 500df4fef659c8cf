// The schemas that kubeconform checks manifests with, made from the OpenAPI document in the Go module of Kubernetes
// itself: one standalone file a kind, in the strict form (a field that is not there is an error).
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import tools from './tools.json' with { type: 'json' };

type Schema = {
  [keyword: string]: unknown;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
};
type Definitions = Record<string, Schema>;
type Kind = { group: string; version: string; kind: string };

const run = promisify(execFile);
const downloadTimeoutMs = 10 * 60_000;
const kindsOf = 'x-kubernetes-group-version-kind';
const reference = '#/definitions/';

/** The versions of Kubernetes that the chart is for, without their v. */
export const kubernetesVersions = [tools['kubernetes, oldest'], tools['kubernetes, newest']].map(
  ({ module }) => module.slice(module.lastIndexOf('@v') + 2),
);

/** Writes the schemas of one version below `folder`, and gives kubeconform's arguments for them. */
export async function kubernetesSchemas(folder: string, version: string): Promise<string[]> {
  const module = await downloadModule(`k8s.io/kubernetes@v${version}`);
  const openapi = await readFile(join(module, 'api/openapi-spec/swagger.json'), 'utf8');
  const { definitions } = JSON.parse(openapi) as { definitions: Definitions };
  for (const definition of Object.values(definitions)) tighten(definition);
  definitions['io.k8s.apimachinery.pkg.api.resource.Quantity'] = { type: ['string', 'number'] };
  const target = join(folder, version);
  await mkdir(target);
  for (const [name, definition] of Object.entries(definitions)) {
    const [kind, another] = (definition[kindsOf] ?? []) as Kind[];
    if (!kind || another) continue; // options of requests have every group
    const schema = { allOf: [{ $ref: reference + name }], definitions: reached(name, definitions) };
    await writeFile(join(target, fileName(kind)), JSON.stringify(schema));
  }
  const location = join(target, '{{ .ResourceKind }}{{ .KindSuffix }}.json');
  return ['-schema-location', location, '-kubernetes-version', version];
}

/** The folder of a Go module, which the module cache keeps. */
async function downloadModule(module: string): Promise<string> {
  const options = { cwd: tmpdir(), timeout: downloadTimeoutMs };
  const { stdout } = await run('go', ['mod', 'download', '-json', module], options);
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

/** kubeconform's name: the kind, the first word of the group where there is one, the version. */
function fileName({ group, version, kind }: Kind): string {
  return [kind, group.split('.')[0], version]
    .filter(Boolean)
    .join('-')
    .toLowerCase()
    .concat('.json');
}

/** Forbids fields that an object does not name, and knows what may be a text or a number. */
function tighten(schema: Schema): void {
  const { properties, additionalProperties, items } = schema;
  if (properties && !additionalProperties) schema.additionalProperties = false;
  if (schema.format === 'int-or-string') schema.type = ['string', 'integer'];
  delete schema.format; // those of OpenAPI: int32 and the like
  delete schema.description;
  for (const inner of [...Object.values(properties ?? {}), additionalProperties, items]) {
    if (typeof inner === 'object') tighten(inner);
  }
}

/** A definition and all that it refers to. */
function reached(name: string, definitions: Definitions): Definitions {
  const found: Definitions = {};
  const queue = [name];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const definition = definitions[next];
    if (!definition || found[next]) continue;
    found[next] = definition;
    for (const [, inner] of JSON.stringify(definition).matchAll(/"#\/definitions\/([^"]+)"/g)) {
      if (inner) queue.push(inner);
    }
  }
  return found;
}
