// A storage that takes manifests of known types alone, as GitLab's registry does: as a view of another one, and as a
// proxy in front of a registry.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { VitteError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonValue } from '../../src/core/json.ts';
import type { Registry } from '../../src/oci/port.ts';

/**
 * What GitLab knows of the types that somebody may want to use for a package or for what is said of one.
 * https://gitlab.com/gitlab-org/container-registry/-/blob/master/docs/supported-media-types.md
 */
const knownTypes = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.oci.empty.v1+json',
  'application/vnd.docker.container.image.v1+json',
  'application/vnd.cncf.helm.config.v1+json',
  'application/vnd.dev.sigstore.bundle.v0.3+json',
]);

/** The type of a manifest that the registry does not know: its artifactType, or its config's. Layers are free. */
export function unknownType(bytes: Uint8Array): string | undefined {
  const manifest = JSON.parse(Buffer.from(bytes).toString('utf8')) as JsonValue;
  if (!isJsonObject(manifest)) return undefined;
  const { artifactType, config } = manifest;
  const types = [artifactType, isJsonObject(config) ? config.mediaType : undefined];
  return types.filter((type) => typeof type === 'string').find((type) => !knownTypes.has(type));
}

/** A view that refuses such manifests as the remote adapter says it: PKG_E_STORAGE_ANSWER. */
export function allowListed(inner: Registry): Registry {
  return {
    ...inner,
    repository(name) {
      const repository = inner.repository(name);
      const { manifests } = repository;
      return {
        ...repository,
        manifests: {
          ...manifests,
          async push(manifest, options) {
            const unknown = unknownType(manifest.bytes);
            if (unknown === undefined) return manifests.push(manifest, options);
            throw new VitteError('PKG_E_STORAGE_ANSWER', `unknown media type: ${unknown}`);
          },
        },
      };
    },
  };
}

export type AllowListProxy = {
  /** `127.0.0.1:PORT`. */
  host: string;
  /** The types that were refused, in order. */
  refused: string[];
  close(): Promise<void>;
};

/** Starts a proxy in front of this registry (`http://HOST:PORT`). */
export async function startAllowListProxy(origin: string): Promise<AllowListProxy> {
  const refused: string[] = [];
  const server = createServer((message, response) => {
    const done = message.url?.includes('/manifests/') && message.method === 'PUT' ? check : forward;
    done(message, response).catch(() => void response.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    refused,
    async close() {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };

  async function check(message: IncomingMessage, response: ServerResponse) {
    const pieces: Buffer[] = [];
    for await (const piece of message) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    const unknown = unknownType(bytes);
    if (unknown === undefined) return forward(message, response, bytes);
    refused.push(unknown);
    const detail = `unknown media type: ${unknown}`;
    const errors = [{ code: 'MANIFEST_INVALID', message: 'manifest invalid', detail }];
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ errors }));
  }

  /** With the Host of the proxy, so that the registry's Locations lead here again. */
  async function forward(message: IncomingMessage, response: ServerResponse, body?: Buffer) {
    const { method = 'GET', headers, url = '/' } = message;
    const sent = request(new URL(url, origin), { method, headers });
    if (body) sent.end(body);
    else message.pipe(sent);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      sent.once('response', resolve);
      sent.once('error', reject);
    });
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  }
}
