// What the foreign registry holds and lists: blobs, manifests, tags, referrers.
import type { ServerResponse } from 'node:http';
import type { Exchange, ForeignRegistry } from './foreign-registry.ts';
import { bodyOf, digestOf, fail, send } from './foreign-wire.ts';

const indexType = 'application/vnd.oci.image.index.v1+json';

/** Answers a request for content of this kind; false where there is none such. */
export async function answerContent(kind: string, exchange: Exchange): Promise<boolean> {
  if (kind === 'blobs') return blob(exchange);
  if (kind === 'manifests') return manifest(exchange);
  if (kind === 'tags') return tags(exchange);
  return kind === 'referrers' && !!exchange.registry.referrers && referrers(exchange);
}

function blob({ registry, repository, rest, request, response }: Exchange): true {
  const { blobs } = registry;
  const { method, headers } = request;
  const key = `${repository} ${rest}`;
  const bytes = blobs.get(key);
  if (!bytes) return fail(response, 404, 'BLOB_UNKNOWN');
  if (method === 'DELETE') {
    blobs.delete(key);
    return send(response, 202);
  }
  const type = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' };
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  if (from === undefined) return sendFor(method, response, 200, type, bytes);
  const last = Math.min(to ? Number(to) : bytes.length - 1, bytes.length - 1);
  if (Number(from) >= bytes.length) {
    return send(response, 416, { 'content-range': `bytes */${bytes.length}` });
  }
  const range = { ...type, 'content-range': `bytes ${from}-${last}/${bytes.length}` };
  return sendFor(method, response, 206, range, bytes.subarray(Number(from), last + 1));
}

async function manifest(exchange: Exchange): Promise<true> {
  const { registry, repository, rest: reference, request, response } = exchange;
  const { manifests } = registry;
  const { method } = request;
  const key = `${repository} ${reference}`;
  if (method === 'PUT') return storeManifest(exchange);
  const found = manifests.get(key);
  if (!found) return fail(response, 404, 'MANIFEST_UNKNOWN');
  if (method === 'DELETE') {
    // A tag alone, or a manifest with its tags.
    manifests.delete(key);
    const digest = reference.includes(':') ? reference : undefined;
    for (const [name, { bytes }] of manifests) {
      if (name.startsWith(`${repository} `) && digestOf(bytes) === digest) manifests.delete(name);
    }
    return send(response, 202);
  }
  const length = registry.has('head-length-differs') && method === 'HEAD' ? 1 : 0;
  const fields = {
    'content-type': found.mediaType,
    ...digestField(registry, found.bytes),
    'content-length': String(found.bytes.length + length),
  };
  return sendFor(method, response, 200, fields, found.bytes);
}

async function storeManifest(exchange: Exchange): Promise<true> {
  const { registry, repository, rest: reference, request, response, message } = exchange;
  const bytes = await bodyOf(message);
  const document = JSON.parse(bytes.toString()) as ManifestParts;
  if (!registry.has('missing-blobs-taken') && lacksBlobs(registry, repository, document)) {
    return fail(response, 404, 'MANIFEST_BLOB_UNKNOWN');
  }
  const subject = document.subject?.digest;
  const noted = registry.referrers === true || registry.has('subject-without-api');
  if (subject !== undefined && noted) response.setHeader('oci-subject', subject);
  const stored = { mediaType: request.headers['content-type'] ?? '', bytes };
  registry.manifests.set(`${repository} ${reference}`, stored);
  registry.manifests.set(`${repository} ${digestOf(bytes)}`, stored);
  return send(response, 201, digestField(registry, bytes));
}

type ManifestParts = {
  subject?: { digest: string };
  artifactType?: string;
  annotations?: Record<string, string>;
  config?: { digest: string; mediaType: string };
  layers?: { digest: string }[];
};

function lacksBlobs({ blobs }: ForeignRegistry, repository: string, manifest: ManifestParts) {
  const { config, layers = [] } = manifest;
  const named = config ? [config, ...layers] : layers;
  return named.some(({ digest }) => !blobs.has(`${repository} ${digest}`));
}

function tags({ registry, repository, request, response }: Exchange): true {
  const { query } = request;
  const names = [...registry.manifests.keys()].filter((key) => key.startsWith(`${repository} `));
  if (names.length === 0) return fail(response, 404, 'NAME_UNKNOWN');
  const all = names
    .map((key) => key.slice(repository.length + 1))
    .filter((tag) => !tag.includes(':'));
  const last = query.get('last') ?? '';
  const left = all.toSorted().filter((tag) => tag > last);
  const size = pageSize(registry, query);
  const page = registry.has('tags-all-at-once') ? all : left.slice(0, size);
  const silent =
    registry.has('tags-without-link') ||
    registry.has('tags-all-at-once') ||
    (registry.has('tags-link-only-with-n') && !query.has('n'));
  const more = page.length < left.length && !silent;
  const link = `</v2/${repository}/tags/list?last=${page.at(-1)}&n=${size}>; rel="next"`;
  const headers = { 'content-type': 'application/json', ...(more ? { link } : {}) };
  return send(response, 200, headers, JSON.stringify({ name: repository, tags: page }));
}

function pageSize(registry: ForeignRegistry, query: URLSearchParams): number {
  if (registry.has('tags-50-a-page')) return 50;
  if (registry.has('tags-100-a-page')) return 100;
  return Number(query.get('n') ?? (registry.has('tags-link-only-with-n') ? 100 : 10_000));
}

function referrers({ registry, repository, rest: subject, response }: Exchange): true {
  const found = [...registry.manifests].flatMap(([key, { mediaType, bytes }]) => {
    const document = JSON.parse(bytes.toString()) as ManifestParts;
    if (!key.startsWith(`${repository} sha256:`) || document.subject?.digest !== subject) return [];
    const { artifactType = document.config?.mediaType, annotations } = document;
    return { mediaType, digest: digestOf(bytes), size: bytes.length, artifactType, annotations };
  });
  const body = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: found });
  return send(response, 200, { 'content-type': indexType }, body);
}

function digestField(registry: ForeignRegistry, bytes: Uint8Array): Record<string, string> {
  return registry.has('no-digests') ? {} : { 'docker-content-digest': digestOf(bytes) };
}

function sendFor(
  method: string,
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  bytes: Buffer,
): true {
  const length = { 'content-length': String(bytes.length) };
  return send(response, status, { ...length, ...headers }, method === 'HEAD' ? '' : bytes);
}
