// Requests to `/v2/` of a service, as OCI clients send them.
import { readFile } from 'node:fs/promises';
import type { request } from 'undici';
import { manifestOf } from '../../src/archive/archive-manifest.ts';
import type { PackedArchive } from '../../src/archive/pack.ts';
import { emptyContent, emptyDescriptor } from '../../src/core/descriptor.ts';
import { type Digest, sha256 } from '../../src/core/digest.ts';
import { canonicalBytes } from '../../src/core/json.ts';
import type { VersionManifest } from '../../src/core/version-manifest.ts';
import { call, type Reply } from './rest.ts';

type CallOptions = NonNullable<Parameters<typeof request>[1]> & {
  headers?: Record<string, string>;
};

export type V2 = {
  /** `METHOD path` below `/v2/`, with the administrator's token unless told otherwise; `''` for nobody's. */
  ask(target: string, options?: CallOptions & { token?: string }): Promise<Reply>;
  /** Pushes a blob in one request. */
  blob(repository: string, bytes: Uint8Array | string): Promise<Digest>;
  /** Puts a manifest under a tag or digest. */
  put(repository: string, reference: string, bytes: Uint8Array): Promise<Reply>;
  /** An artifact manifest whose blobs were pushed. */
  artifact(
    repository: string,
    parts?: { mark?: string; artifactType?: string; subject?: object },
  ): Promise<{ digest: Digest; size: number; bytes: Buffer }>;
  /** Pushes all of a package but its manifest, which it gives. */
  content(packed: PackedArchive): Promise<VersionManifest>;
};

export const imageManifest = 'application/vnd.oci.image.manifest.v1+json';

export function v2Of(service: { url: string; token: string | undefined }): V2 {
  return { ask, blob, put, artifact, content };

  function ask(target: string, options: CallOptions & { token?: string } = {}): Promise<Reply> {
    const [method = 'GET', path = ''] = target.split(' ');
    const { token = service.token, headers, ...rest } = options;
    const authorization = token === '' ? {} : { authorization: `Bearer ${token}` };
    const url = path.startsWith('/') ? `${service.url}${path}` : `${service.url}/v2/${path}`;
    return call(url, {
      ...rest,
      method: method as 'GET',
      headers: { ...authorization, ...headers },
    });
  }

  async function blob(repository: string, bytes: Uint8Array | string) {
    const digest = sha256(bytes);
    const body = Buffer.from(bytes as Uint8Array);
    const reply = await ask(`POST ${repository}/blobs/uploads/?digest=${digest}`, { body });
    if (reply.status !== 201) throw new Error(`${reply.status} ${reply.bytes}`);
    return digest;
  }

  function put(repository: string, reference: string, bytes: Uint8Array) {
    const headers = { 'content-type': imageManifest };
    return ask(`PUT ${repository}/manifests/${reference}`, { headers, body: Buffer.from(bytes) });
  }

  async function artifact(
    repository: string,
    { mark = 'a', artifactType = 'application/vnd.example.thing', ...rest } = {},
  ) {
    await blob(repository, emptyContent);
    const bytes = canonicalBytes({
      schemaVersion: 2,
      mediaType: imageManifest,
      artifactType,
      config: emptyDescriptor,
      layers: [emptyDescriptor],
      annotations: { mark },
      ...rest,
    });
    return { digest: sha256(bytes), size: bytes.length, bytes };
  }

  async function content(packed: PackedArchive): Promise<VersionManifest> {
    const { name } = packed.document;
    const version = manifestOf(packed);
    await blob(name, await readFile(packed.file));
    await blob(name, version.config.bytes);
    if (packed.readme) await blob(name, packed.readme.bytes);
    return version;
  }
}

/** The first error of an answer, as `NAME PKG_E_CODE`. */
export function errorOf(reply: Reply): string {
  const { errors } = reply.json<{ errors: { code: string; detail: { code: string } }[] }>();
  return `${errors[0]?.code} ${errors[0]?.detail.code}`;
}
