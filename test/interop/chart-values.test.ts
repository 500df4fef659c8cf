// Values that make no sense are refused before anything reaches a cluster, by a line that names the value.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { inFolder, writeFiles } from '../support/folders.ts';
import { suite } from '../support/suite.ts';
import { chartFolder, find, render, valueSets } from './chart.ts';

type Values = Record<string, unknown>;
type Schema = { properties?: Record<string, Schema>; $ref?: string; definitions?: Schema };
type Row = [why: string, set: string, line: RegExp, values?: string[]];

const test = suite('the values of the chart', { timeoutMs: 25 * 60_000 });
const { deployed, trial, full } = valueSets;
/** Where the schema lets any name stand, or Helm puts its own. */
const freeForm = ['global', 'settings'];

const ofOneValue: Row[] = [
  ['an unknown value', 'replicas=2', /additional properties 'replicas' not allowed/],
  ['a misspelt one', 'storage.ulr=x', /'\/storage': additional properties 'ulr' not allowed/],
  ['no replica', 'replicaCount=0', /'\/replicaCount': minimum/],
  ['a word for a number', 'replicaCount=two', /'\/replicaCount': got string, want integer/],
  ['a word for a switch', 'trial.enabled=yes', /'\/trial\/enabled': got string, want boolean/],
  [
    'a policy that is none',
    'image.pullPolicy=Sometimes',
    /'\/image\/pullPolicy': value must be one/,
  ],
  ['a digest that is none', 'image.digest=latest', /'\/image\/digest': 'latest' does not match/],
  ['a port that is none', 'service.port=70000', /'\/service\/port': maximum/],
  ['a kind of Service that is none', 'service.type=Public', /'\/service\/type': value must be one/],
  ['the user root', 'runAsUser=0', /'\/runAsUser': minimum/],
  ['no time to drain', 'drainSeconds=0', /'\/drainSeconds': minimum/],
  [
    'a quantity that is none',
    'resources.limits.memory=lots',
    /'\/resources\/limits\/memory': 'lots'/,
  ],
  ['a size that is none', 'persistence.size=big', /'\/persistence\/size': 'big' does not match/],
  ['a URL that is none', 'publicUrl=ftp://x', /'\/publicUrl': 'ftp:\/\/x' does not match/],
  [
    'a host with a scheme',
    'ingress.host=https://x',
    /'\/ingress\/host': 'https:\/\/x' does not match/,
  ],
  ['a setting of the chart', 'settings.listen=x', /'\/settings': additional properties 'listen'/],
  ['a level that is none', 'settings.log-level=loud', /'\/settings\/log-level': value must be one/],
  [
    'an encoding that is none',
    'settings.storage-encoding=deep',
    /'\/settings\/storage-encoding': value must be one/,
  ],
  [
    'a profile that is none',
    'settings.storage-profile=3',
    /'\/settings\/storage-profile': value must be one/,
  ],
  [
    'a name with capitals',
    'index.existingSecret=Redis',
    /'\/index\/existingSecret': 'Redis' does not/,
  ],
];

const ofUrls: Row[] = [
  [
    'no storage',
    'storage.url=',
    /storage\.url: is empty: name a storage, .* or set trial\.enabled/,
  ],
  ['a storage without a prefix', 'storage.url=oci://registry', /storage\.url: is none of/],
  ['a storage of another kind', 'storage.url=https://registry/vitte', /storage\.url: is none of/],
  ['a layout off the volume', 'storage.url=layout:/tmp/store', /storage\.url: is none of/],
  ['a password for the storage', 'storage.url=oci://u:hush@r/vitte', /storage\.url: is none of/],
  ['no index', 'index.url=', /index\.url: is none of/],
  ['an index of another kind', 'index.url=memcached://r', /index\.url: is none of/],
  [
    'a password for the index',
    'index.url=redis://:hush@r',
    /index\.url: holds a user or a password/,
  ],
];

const ofSeveral: Row[] = [
  ['replicas of a layout', 'replicaCount=2', /replicaCount: 2 replicas need storage\.url with oci/],
  [
    'replicas with memory',
    'index.url=memory:',
    /replicaCount: 3 replicas need .* index\.url/,
    deployed,
  ],
  [
    'scaling of a layout',
    'autoscaling.enabled=true',
    /autoscaling\.enabled: more than one replica/,
  ],
  [
    'a range upside down',
    'autoscaling.minReplicas=20',
    /autoscaling\.minReplicas: 20 is more/,
    full,
  ],
  [
    'a storage, and no key',
    'serviceSecret.existingSecret=',
    /serviceSecret\.existingSecret: .* key/,
    deployed,
  ],
  ['two indexes', 'index.url=redis://r', /index\.url: index\.existingSecret holds the URL/, full],
  ['an Ingress without a host', 'ingress.enabled=true', /ingress\.host: is empty/],
  [
    'credentials for a layout',
    'storage.credentials.existingSecret=c',
    /storage\.credentials\.existingSecret: is for an oci/,
  ],
  [
    'an authority for a layout',
    'storage.ca.existingSecret=c',
    /storage\.ca\.existingSecret: is for/,
  ],
  [
    'a client certificate for a layout',
    'storage.clientCertificate.existingSecret=c',
    /storage\.clientCertificate\.existingSecret: is for/,
  ],
  [
    'routes for a layout',
    'storage.routes.existingSecret=c',
    /storage\.routes\.existingSecret: is for/,
  ],
  [
    'a trial and a storage',
    'storage.url=oci://r/vitte',
    /storage\.url: trial\.enabled brings/,
    trial,
  ],
  ['a trial and an index', 'index.url=redis://r', /index\.url: trial\.enabled brings/, trial],
  ...[
    'storage.credentials',
    'storage.ca',
    'storage.clientCertificate',
    'storage.routes',
    'index',
    'serviceSecret',
    'bootstrapToken',
  ].map(
    (path): Row => [
      `a trial and a Secret of ${path}`,
      `${path}.existingSecret=mine`,
      new RegExp(`${path.replace('.', '\\.')}\\.existingSecret: trial\\.enabled makes`),
      trial,
    ],
  ),
];

for (const [why, set, line, values = []] of [...ofOneValue, ...ofUrls, ...ofSeveral]) {
  test(`refuses ${why}`, async () => {
    const outcome: unknown = await render([...values, '--set', set]).catch((error) => error.stderr);
    assert.type(outcome, 'string', 'it was rendered');
    const lines = String(outcome).split('\n');
    assert.ok(
      lines.some((said) => line.test(said)),
      String(outcome),
    );
    assert.not.match(String(outcome), 'hush');
  });
}

test('values.yaml and its schema know the same values', async () => {
  const read = (name: string) => readFile(join(chartFolder, name), 'utf8');
  const schema = JSON.parse(await read('values.schema.json')) as Schema;
  const values = parse(await read('values.yaml')) as Values;
  assert.equal(namesIn(values), namesInSchema(schema, schema));
});

test('the example of the README is accepted', async () => {
  const readme = await readFile(join(chartFolder, 'README.md'), 'utf8');
  const [, example = ''] = /^```yaml\n(.*?)^```$/ms.exec(readme) ?? [];
  await inFolder(async (folder) => {
    await writeFiles(folder, { 'values.yaml': example });
    const manifests = await render(['--values', join(folder, 'values.yaml')]);
    assert.is(find(manifests, 'Deployment').spec?.replicas, 3);
  });
});

test.run();

/** The paths of all values, but for what is free in form. */
function namesIn(values: Values, above = ''): string[] {
  return Object.entries(values)
    .filter(([name]) => !freeForm.includes(name))
    .flatMap(([name, value]) => {
      const nested = value !== null && typeof value === 'object' && !Array.isArray(value);
      const path = above + name;
      return nested && Object.keys(value).length > 0 ? namesIn(value as Values, `${path}.`) : path;
    })
    .filter((path) => !path.startsWith('resources.'))
    .sort();
}

function namesInSchema(schema: Schema, root: Schema, above = ''): string[] {
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => !freeForm.includes(name))
    .flatMap(([name, inner]) => {
      const target = inner.$ref
        ? (root.definitions as Record<string, Schema>)[inner.$ref.replace('#/definitions/', '')]
        : inner;
      const path = above + name;
      return target?.properties ? namesInSchema(target, root, `${path}.`) : path;
    })
    .filter((path) => !path.startsWith('resources.'))
    .sort();
}
