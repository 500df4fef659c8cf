// The whole service over HTTP, in this process, on a free port and a store of its own.
import { readFile } from 'node:fs/promises';
import { request } from 'undici';
import type { PackedArchive } from '../../src/archive/pack.ts';
import { type ComposeOptions, compose } from '../../src/server/compose.ts';
import type { Config } from '../../src/server/config.ts';
import { makeLogger } from '../../src/server/logger.ts';
import { startService } from '../../src/server/start.ts';
import { type PublicKey, spkiOf } from '../../src/signing/keys.ts';
import { configIn } from './service.ts';

export type RestService = {
  url: string;
  data: string;
  /** The token made at the first start; undefined for a store that existed. */
  token: string | undefined;
  stop(): Promise<void>;
};

/** Serves the store in a folder. */
export function serveStore(data: string, options?: ComposeOptions): Promise<RestService> {
  return serveConfig(configIn(data), options);
}

/** Serves by these settings. */
export async function serveConfig(config: Config, options?: ComposeOptions): Promise<RestService> {
  const logger = makeLogger('silent', process.stderr);
  const composed = await compose(config, logger, options);
  const { url, stop } = await startService(config, composed, logger);
  return { url, data: config.data, token: composed.firstStart?.token, stop };
}

export type Reply = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
  json<T = Record<string, unknown>>(): T;
};

/** One request, its answer read whole. */
export async function call(
  url: string,
  options: NonNullable<Parameters<typeof request>[1]> = {},
): Promise<Reply> {
  const { statusCode, headers, body } = await request(url, options);
  const bytes = Buffer.from(await body.arrayBuffer());
  return { status: statusCode, headers, bytes, json: () => JSON.parse(bytes.toString('utf8')) };
}

/** Publishes a packed archive, unsigned. */
export async function put(
  service: { url: string; token: string | undefined },
  packed: PackedArchive,
): Promise<Reply> {
  const { name, version } = packed.document;
  return call(`${service.url}/api/v1/packages/${name}/${version}`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${service.token}`,
      'content-type': 'application/vnd.vitte.vitmod.v1.tar+gzip',
    },
    body: await readFile(packed.file),
  });
}

/** Publishes a packed archive with one signature. */
export async function putSigned(
  service: { url: string; token: string | undefined },
  packed: PackedArchive,
  { bundle, key }: { bundle: Uint8Array; key: PublicKey },
): Promise<Reply> {
  const { name, version } = packed.document;
  return call(`${service.url}/api/v1/packages/${name}/${version}`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${service.token}`,
      'content-type': 'multipart/mixed; boundary=b',
    },
    body: Buffer.concat([
      Buffer.from('--b\r\nContent-Type: application/vnd.dev.sigstore.bundle.v0.3+json\r\n'),
      Buffer.from(`Vitte-Signature-Key: ${spkiOf(key).toString('base64')}\r\n\r\n`),
      bundle,
      Buffer.from('\r\n--b\r\nContent-Type: application/vnd.vitte.vitmod.v1.tar+gzip\r\n\r\n'),
      await readFile(packed.file),
      Buffer.from('\r\n--b--\r\n'),
    ]),
  });
}

/** How many there are of each status. */
export function tally(statuses: number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

export type FeedEntry = { n: number; event: string; package?: string };
type FeedPage = { entries: FeedEntry[]; next: number | null };

/** The whole feed of a server, page by page. */
export async function feed(url: string): Promise<FeedEntry[]> {
  const entries: FeedEntry[] = [];
  for (let next: number | null = 0; next !== null; ) {
    const reply = await call(`${url}/api/v1/changes?since=${next}&limit=1000`);
    const page: FeedPage = reply.json<FeedPage>();
    entries.push(...page.entries);
    next = page.next;
  }
  return entries;
}
