// The distribution API without HTTP: requests as values, on a store in memory.
import { randomBytes } from 'node:crypto';
import { statusOfKind } from '../../src/api/problem.ts';
import { type Digest, sha256 } from '../../src/core/digest.ts';
import { isVitteError } from '../../src/core/errors.ts';
import { canonicalBytes } from '../../src/core/json.ts';
import { createMemoryStore } from '../../src/oci/memory.ts';
import type { Registry } from '../../src/oci/port.ts';
import { type ApiRoute, answerOci } from '../../src/oci/server/answer.ts';
import { describeError } from '../../src/oci/server/errors.ts';
import { parseRoute } from '../../src/oci/server/route.ts';
import { uploadLocations } from '../../src/oci/server/upload-location.ts';

export type AskOptions = {
  headers?: Record<string, string>;
  body?: Uint8Array | string | AsyncIterable<Uint8Array>;
  /** Another caller than the usual one. */
  caller?: string;
  signal?: AbortSignal;
};

export type OciReply = {
  status: number;
  /** By lower-case name. */
  headers: Record<string, string>;
  bytes: Buffer;
  json<T = Record<string, unknown>>(): T;
  /** What an error is called, as `NAME PKG_E_CODE`. */
  error: string | undefined;
};

export type OciServer = {
  registry: Registry;
  /** `METHOD /v2/…?query`. */
  ask(target: string, options?: AskOptions): Promise<OciReply>;
  /** Pushes a blob to a repository. */
  blob(
    repository: string,
    content?: Uint8Array | string,
  ): Promise<{ digest: Digest; size: number }>;
  /** Pushes an image manifest under a tag or, without one, by digest. */
  manifest(repository: string, parts?: ManifestParts): Promise<PushedManifest>;
  /** Lets the time of upload locations pass. */
  pass(ms: number): void;
};

export type ManifestParts = {
  tag?: string;
  artifactType?: string;
  subject?: object;
  annotations?: Record<string, string>;
};
export type PushedManifest = { mediaType: string; digest: Digest; size: number; bytes: Buffer };

export const imageManifest = 'application/vnd.oci.image.manifest.v1+json';
export const imageIndex = 'application/vnd.oci.image.index.v1+json';
const emptyJson = 'application/vnd.oci.empty.v1+json';

export function openOciServer(
  options: { registry?: Registry; blobBytesMax?: number } = {},
): OciServer {
  const { registry = createMemoryStore(), blobBytesMax = 1024 ** 3 } = options;
  let now = 0;
  const locations = uploadLocations(randomBytes(32), () => now);
  const pass = (ms: number) => {
    now += ms;
  };
  return { registry, ask, blob, manifest, pass };

  async function ask(target: string, asked: AskOptions = {}): Promise<OciReply> {
    const { method, path, request } = requestOf(target, asked);
    try {
      const route = parseRoute(method, path) as ApiRoute;
      const { caller = 'somebody' } = asked;
      const answer = await answerOci(route, request, { registry, caller, locations, blobBytesMax });
      const pieces: Uint8Array[] = [];
      if (answer.body !== undefined && 'stream' in answer.body) {
        for await (const piece of answer.body.stream) pieces.push(piece);
      } else if (answer.body !== undefined) pieces.push(answer.body);
      return reply(answer.status, answer.headers, Buffer.concat(pieces));
    } catch (error) {
      if (!isVitteError(error)) throw error;
      const { name, headers, status = statusOfKind[error.kind] } = describeError(error);
      return { ...reply(status, headers, Buffer.alloc(0)), error: `${name} ${error.code}` };
    }
  }

  async function blob(repository: string, content: Uint8Array | string = randomBytes(100)) {
    const bytes = Buffer.from(content as Uint8Array);
    const digest = sha256(bytes);
    await registry.repository(repository).blobs.push({ digest, size: bytes.length }, bytes);
    return { digest, size: bytes.length };
  }

  async function manifest(repository: string, parts: ManifestParts = {}): Promise<PushedManifest> {
    const { tag, ...members } = parts;
    const empty = { mediaType: emptyJson, ...(await blob(repository, '{}')) };
    const bytes = canonicalBytes({
      schemaVersion: 2,
      mediaType: imageManifest,
      config: empty,
      layers: [empty],
      annotations: { mark: randomBytes(8).toString('hex') },
      ...members,
    });
    const digest = sha256(bytes);
    const path = `/v2/${repository}/manifests/${tag ?? digest}`;
    const headers = { 'content-type': imageManifest };
    const { status, error } = await ask(`PUT ${path}`, { headers, body: bytes });
    if (status !== 201) throw new Error(`${path}: ${status} ${error}`);
    return { mediaType: imageManifest, digest, size: bytes.length, bytes };
  }
}

function requestOf(target: string, { headers = {}, body, signal }: AskOptions) {
  const [, method = '', path = '', query = ''] = /^(\S+) ([^?]*)\??(.*)$/.exec(target) ?? [];
  const bytes =
    typeof body === 'string' || body instanceof Uint8Array
      ? Buffer.from(body as Uint8Array)
      : undefined;
  return {
    method,
    path,
    request: {
      method,
      query: new URLSearchParams(query),
      headers,
      bodySize: bytes ? bytes.length : body === undefined ? 0 : undefined,
      body: () => (bytes || body === undefined ? once(bytes) : (body as AsyncIterable<Uint8Array>)),
      signal: signal ?? new AbortController().signal,
    },
  };
}

async function* once(bytes: Uint8Array | undefined) {
  if (bytes && bytes.length > 0) yield bytes;
}

function reply(status: number, headers: Record<string, string>, bytes: Buffer): OciReply {
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    status,
    headers: Object.fromEntries(named),
    bytes,
    json: () => JSON.parse(bytes.toString('utf8')),
    error: undefined,
  };
}
