// The chart as Helm renders it, and the few fields of manifests that its tests look at: kubeconform knows the rest.
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { runTool, tool } from './tools.ts';

export const chartFolder = join(import.meta.dirname, '../../charts/vitte-registry');

/** The values that the tests render: the chart's own, and those of the files in values/. */
export const valueSets = {
  default: [],
  trial: valuesFile('trial'),
  deployed: valuesFile('deployed'),
  full: valuesFile('full'),
} as const satisfies Record<string, string[]>;

export type Variable = {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef: { name: string; key: string } };
};
export type Probe = { httpGet: { path: string; port: string } };
export type Container = {
  command?: string[];
  args?: string[];
  env?: Variable[];
  securityContext: unknown;
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  lifecycle?: { preStop: { sleep: { seconds: number } } };
  volumeMounts?: { name: string; mountPath: string }[];
};
export type ProjectedSource = {
  secret: { name: string; items: { key: string; path: string }[]; optional?: boolean };
};
export type Pod = {
  automountServiceAccountToken: boolean;
  enableServiceLinks: boolean;
  securityContext: Record<string, unknown>;
  terminationGracePeriodSeconds: number;
  containers: Container[];
  volumes?: { name: string; emptyDir?: object; projected?: { sources: ProjectedSource[] } }[];
};
export type Manifest = {
  kind: string;
  metadata: { name: string; labels: Record<string, string>; annotations?: Record<string, string> };
  data?: Record<string, string>;
  spec?: Pod & { replicas?: number; strategy?: unknown; template?: { spec: Pod } };
};

/** What `helm template` prints. Rejects with what Helm says where it refuses. */
export async function renderText(args: readonly string[], release = 'demo'): Promise<string> {
  const template = ['template', release, chartFolder, '--namespace', 'packages', ...args];
  return (await runTool(await tool('helm'), template)).stdout;
}

export async function render(args: readonly string[], release?: string): Promise<Manifest[]> {
  return parsed(await renderText(args, release));
}

/** What Helm shows after an install: it prints it with a cluster only, so a copy of the chart renders it as text. */
export async function renderNotes(folder: string, args: readonly string[]): Promise<string> {
  await cp(chartFolder, folder, { recursive: true });
  const notes = '{{ include (print $.Template.BasePath "/NOTES.txt") . | toJson }}';
  const map = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes}\ndata: {text: ${notes}}\n`;
  await writeFile(join(folder, 'templates/notes.yaml'), map);
  const only = ['--show-only', 'templates/notes.yaml', '--namespace', 'packages'];
  const helm = await tool('helm');
  const { stdout } = await runTool(helm, ['template', 'demo', folder, ...only, ...args]);
  return parsed(stdout)[0]?.data?.text ?? '';
}

/** The Pod that a manifest describes. */
export function podOf({ kind, spec }: Manifest): Pod | undefined {
  return kind === 'Pod' ? spec : spec?.template?.spec;
}

/** The one manifest of a kind and a component. Throws where there is none. */
export function find(manifests: Manifest[], kind: string, component = 'service'): Manifest {
  const found = manifests.find(
    (manifest) =>
      manifest.kind === kind &&
      manifest.metadata.labels['app.kubernetes.io/component'] === component,
  );
  if (!found) throw new Error(`no ${kind} of ${component} was rendered`);
  return found;
}

/** The Pod of a component, and its one container. */
export function podOfComponent(manifests: Manifest[], kind: string, component?: string) {
  const pod = podOf(find(manifests, kind, component));
  const container = pod?.containers[0];
  if (!pod || !container) throw new Error(`${kind} has no container`);
  return { pod, container };
}

/** The environment of a container, with what a Secret would hold taken from `secrets`. */
export function environmentOf(
  { env = [] }: Container,
  secrets: Record<string, string> = {},
): Record<string, string> {
  return Object.fromEntries(
    env.map(({ name, value, valueFrom }) => {
      const from = valueFrom && `${valueFrom.secretKeyRef.name}/${valueFrom.secretKeyRef.key}`;
      return [name, value ?? secrets[from ?? ''] ?? ''];
    }),
  );
}

function parsed(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

function valuesFile(name: string): string[] {
  return ['--values', join(import.meta.dirname, 'values', `${name}.yaml`)];
}
