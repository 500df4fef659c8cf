// What the chart makes of its values: accepted by the schemas of Kubernetes, and what each way to run needs.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import metadata from '../../package.json' with { type: 'json' };
import { readConfig, settings, variableOf } from '../../src/server/config.ts';
import { temporaryFolder } from '../support/service.ts';
import { suite } from '../support/suite.ts';
import {
  chartFolder,
  environmentOf,
  find,
  type Manifest,
  podOf,
  podOfComponent,
  render,
  renderNotes,
  renderText,
  valueSets,
} from './chart.ts';
import { kubernetesSchemas, kubernetesVersions } from './kubernetes-schemas.ts';
import { runTool, tool } from './tools.ts';

type Rig = {
  folder: string;
  /** The manifests by the name of their values. */
  rendered: Record<keyof typeof valueSets, Manifest[]>;
  remove(): Promise<void>;
};
const test = suite<Rig>('the chart', { timeoutMs: 25 * 60_000 });

/** What the service takes to close once requests are done, in seconds (src/server/start.ts). */
const closeSeconds = 10;
/** Settings that the chart has no use for: it names every folder and passes every setting itself. */
const leftOut = ['data', 'config'];
const redisUrl = 'redis://:secret@redis.example.com:6379';

test.before(async (rig) => {
  const temporary = await temporaryFolder();
  rig.folder = temporary.path;
  rig.remove = temporary.remove;
  rig.rendered = {
    default: await render(valueSets.default),
    trial: await render(valueSets.trial),
    deployed: await render(valueSets.deployed),
    full: await render(valueSets.full),
  };
});
test.after((rig) => rig.remove());

for (const [name, values] of Object.entries(valueSets)) {
  test(`lints strictly with the ${name} values`, async () => {
    await runTool(await tool('helm'), ['lint', '--strict', chartFolder, ...values]);
  });
}

for (const version of kubernetesVersions) {
  test(`renders what Kubernetes ${version} knows, and kubeconform refuses a misspelt field`, async (rig) => {
    const kubeconform = await tool('kubeconform');
    const args = ['-strict', ...(await kubernetesSchemas(rig.folder, version))];
    const file = join(rig.folder, 'manifests.yaml');
    for (const values of Object.values(valueSets)) {
      const text = await renderText(values);
      await writeFile(file, text);
      await runTool(kubeconform, [...args, file]);
      await writeFile(file, text.replace('maxUnavailable', 'maxUnavailble').replace('args', 'arg'));
      const refused = await runTool(kubeconform, [...args, file]).catch((error) => error);
      assert.match(refused.stdout, /additional properties '(?:arg|maxUnavailble)' not allowed/);
    }
  });
}

test('renders the same bytes again', async () => {
  for (const values of Object.values(valueSets)) {
    assert.is(await renderText(values), await renderText(values));
  }
});

test('names fit Kubernetes with the longest name of a release', async () => {
  for (const manifest of await render(valueSets.trial, 'r'.repeat(53))) {
    assert.ok(manifest.metadata.name.length <= 63, manifest.metadata.name);
  }
});

test('every pod is one that a restricted namespace takes, with nothing to write but its volumes', (rig) => {
  for (const manifest of Object.values(rig.rendered).flat()) {
    const pod = podOf(manifest);
    if (!pod) continue;
    assert.is(pod.securityContext.runAsNonRoot, true);
    assert.ok(Number(pod.securityContext.runAsUser) > 0);
    assert.equal(pod.securityContext.seccompProfile, { type: 'RuntimeDefault' });
    // Service links would set VITTE_REGISTRY_PORT and more, which the service takes for unknown settings.
    assert.is(pod.enableServiceLinks, false);
    assert.is(pod.automountServiceAccountToken, manifest.kind === 'Job');
    for (const container of pod.containers) {
      assert.equal(container.securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      // Kubernetes would expand it.
      assert.not.match((container.args ?? []).join('\n'), /\$\(/);
    }
  }
});

test('no manifest holds a secret: each is named', (rig) => {
  const kinds = Object.values(rig.rendered).flatMap((manifests) =>
    manifests.map(({ kind }) => kind),
  );
  assert.not.ok(kinds.includes('Secret'));
  const { pod, container } = podOfComponent(rig.rendered.full, 'Deployment');
  const index = container.env?.find(({ name }) => name === 'VITTE_REGISTRY_INDEX');
  assert.equal(index?.valueFrom?.secretKeyRef, { name: 'redis', key: 'url' });
  const files = pod.volumes?.find(({ name }) => name === 'files')?.projected?.sources;
  assert.equal(
    files?.map(({ secret: { name, items } }) => [name, items[0]?.key, items[0]?.path]),
    [
      ['service-key', 'key.json', 'service-secret.json'],
      ['first-token', 'token', 'bootstrap-token'],
      ['storage-credentials', 'config.json', 'storage-auth.json'],
      ['storage-ca', 'tls.crt', 'storage-ca.crt'],
      ['storage-client', 'client.pem', 'storage-client.crt'],
      ['storage-routes', 'routes.json', 'storage-routes.json'],
    ],
  );
});

test('every file and folder that a setting names is mounted', (rig) => {
  for (const manifests of Object.values(rig.rendered)) {
    const { pod, container } = podOfComponent(manifests, 'Deployment');
    const files = pod.volumes
      ?.find(({ name }) => name === 'files')
      ?.projected?.sources.flatMap(({ secret }) => secret.items.map(({ path }) => path));
    const mounts = container.volumeMounts?.map(({ mountPath }) => mountPath);
    const { VITTE_REGISTRY_STORAGE: storage, ...environment } = environmentOf(container);
    const named = Object.entries(environment).filter(([name]) => name.endsWith('_FILE'));
    assert.equal(
      named.map(([, path]) => path).sort(),
      files?.map((path) => `/run/vitte-registry/${path}`).sort(),
    );
    assert.ok(mounts?.includes('/run/vitte-registry'));
    assert.is(mounts?.includes('/data'), storage === 'layout:/data/store');
  }
});

test('the service takes the settings as they are rendered', (rig) => {
  for (const manifests of Object.values(rig.rendered)) {
    const { container } = podOfComponent(manifests, 'Deployment');
    const { HOME, ...environment } = environmentOf(container, { 'redis/url': redisUrl });
    const { uploadBytesMax } = readConfig({}, environment);
    if (manifests === rig.rendered.full) assert.is(uploadBytesMax, 2 * 1024 ** 3);
  }
});

test('a pod has the time to leave its Service, drain and close before it is killed', (rig) => {
  for (const manifests of Object.values(rig.rendered)) {
    const { pod, container } = podOfComponent(manifests, 'Deployment');
    const drainMs = Number(environmentOf(container).VITTE_REGISTRY_DRAIN_MS);
    const preStopSeconds = Number(container.lifecycle?.preStop.sleep.seconds);
    const needed = preStopSeconds + drainMs / 1_000 + closeSeconds;
    assert.ok(pod.terminationGracePeriodSeconds > needed);
  }
});

test('offers every setting of the service, and no other', async (rig) => {
  const schema = JSON.parse(await readFile(join(chartFolder, 'values.schema.json'), 'utf8')) as {
    properties: { settings: { properties: Record<string, unknown> } };
  };
  const passed = Object.keys(schema.properties.settings.properties).map(variableOf);
  const own = Object.values(rig.rendered).flatMap((manifests) =>
    (podOfComponent(manifests, 'Deployment').container.env ?? []).map(({ name }) => name),
  );
  const offered = new Set([...own, ...passed, ...leftOut.map(variableOf)]);
  offered.delete('HOME');
  const known = new Set<string>(settings.map(({ flag }) => variableOf(flag)));
  assert.equal(
    { notOffered: [...known.difference(offered)], notKnown: [...offered.difference(known)] },
    { notOffered: [], notKnown: [] },
  );
});

test('asks /healthz whether it lives and /readyz whether fetches may come', (rig) => {
  const { container } = podOfComponent(rig.rendered.default, 'Deployment');
  assert.equal(container.startupProbe?.httpGet, { path: '/healthz', port: 'http' });
  assert.equal(container.livenessProbe?.httpGet, { path: '/healthz', port: 'http' });
  assert.equal(container.readinessProbe?.httpGet, { path: '/readyz?for=fetches', port: 'http' });
});

test('replicas are replaced one by one, and a budget keeps them', (rig) => {
  for (const manifests of [rig.rendered.deployed, rig.rendered.trial]) {
    assert.equal(find(manifests, 'Deployment').spec?.strategy, {
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
    });
    find(manifests, 'PodDisruptionBudget');
  }
  assert.is(find(rig.rendered.deployed, 'Deployment').spec?.replicas, 3);
  assert.is(find(rig.rendered.full, 'Deployment').spec?.replicas, undefined);
});

test('two processes never share a layout or an index in memory, not even in an update', async (rig) => {
  const memory = ['--set', 'index.url=memory:,replicaCount=1'];
  const remote = await render([...valueSets.deployed, ...memory]);
  for (const manifests of [rig.rendered.default, remote]) {
    assert.equal(find(manifests, 'Deployment').spec?.strategy, { type: 'Recreate' });
    assert.not.ok(manifests.some(({ kind }) => kind === 'PodDisruptionBudget'));
  }
});

test('a volume with packages outlives the release', (rig) => {
  for (const [manifests, component] of [
    [rig.rendered.default, 'service'],
    [rig.rendered.trial, 'trial-storage'],
  ] as const) {
    const { annotations } = find(manifests, 'PersistentVolumeClaim', component).metadata;
    assert.is(annotations?.['helm.sh/resource-policy'], 'keep');
  }
});

test('tells where the registry is and how to read the first token', async (rig) => {
  const cluster = await renderNotes(join(rig.folder, 'cluster'), valueSets.default);
  assert.match(cluster, 'http://demo-vitte-registry.packages.svc\n');
  assert.match(cluster, 'port-forward service/demo-vitte-registry 7878:80\n');
  assert.match(cluster, 'get secret demo-vitte-registry-secret');
  assert.match(cluster, `-o go-template='{{ index .data "bootstrap-token" | base64decode }}'`);
  const outside = await renderNotes(join(rig.folder, 'outside'), valueSets.full);
  assert.match(outside, 'export VITTE_REGISTRY=https://packages.example.com\n');
  assert.match(outside, 'get secret first-token');
  const trial = await renderNotes(join(rig.folder, 'trial'), valueSets.trial);
  assert.match(trial, /^A TRIAL, NOT FOR PRODUCTION/);
});

test('chart, image and package have the same version, and the image the Node of the package', async () => {
  const chart = parse(await readFile(join(chartFolder, 'Chart.yaml'), 'utf8'));
  assert.is(chart.appVersion, metadata.version);
  const dockerfile = await readFile(join(chartFolder, '../../Dockerfile'), 'utf8');
  const bases = [...dockerfile.matchAll(/^FROM node:([\d.]+)-slim/gm)].map(
    ([, version]) => version,
  );
  assert.equal(bases, [metadata.devDependencies.node, metadata.devDependencies.node]);
});

test.run();
