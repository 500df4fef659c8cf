// Publishes, in a process of its own. What is sent bare is what our service sends for a signed publish to a registry
// without a Referrers API, in the same order, each request after the answer to the one before.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import type { PublishOrder, Upload } from './publisher.ts';

const dispatcher = new Agent({ allowH2: false });
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';
const emptyConfig = Buffer.from('{}');

process.on('message', (order: PublishOrder) => {
  (order.kind === 'put' ? put(order) : bare(order)).then(
    (ms) => process.send?.({ ms }),
    (error) => process.send?.({ error: String((error as Error).stack) }),
  );
});

async function put({ url, token, upload }: Extract<PublishOrder, { kind: 'put' }>) {
  const boundary = 'vitte';
  const body = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Type: application/vnd.dev.sigstore.bundle.v0.3+json\r\n`),
    Buffer.from(`Vitte-Signature-Key: ${upload.key}\r\n\r\n`),
    Buffer.from(upload.bundle, 'base64'),
    Buffer.from(
      `\r\n--${boundary}\r\nContent-Type: application/vnd.vitte.vitmod.v1.tar+gzip\r\n\r\n`,
    ),
    await readFile(upload.file),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  const started = performance.now();
  await send('PUT', new URL(`${url}/packages/${upload.name}/${upload.version}`), [201], body, {
    authorization: `Bearer ${token}`,
    'content-type': `multipart/mixed; boundary=${boundary}`,
  });
  return performance.now() - started;
}

async function bare({ origin, prefix, upload }: Extract<PublishOrder, { kind: 'bare' }>) {
  const archive = await readFile(upload.file);
  const bytes = (text: string) => Buffer.from(text, 'base64');
  const journal = await openJournal(origin, prefix);
  const repository = `${origin}/v2/${prefix}/${upload.name}`;
  const referrer = referrerOf(upload);

  const started = performance.now();
  await pushStreamed(repository, archive);
  await pushBlob(repository, bytes(upload.config));
  await pushManifest(repository, bytes(upload.manifest));
  await pushBlob(repository, emptyConfig);
  await pushBlob(repository, bytes(upload.bundle));
  await pushManifest(repository, referrer);
  await pushFallback(repository, upload, referrer);
  await journal(upload);
  await pushManifest(repository, bytes(upload.manifest), upload.version);
  await pushManifest(repository, referrer, `_r-${hexOf(referrer).slice(0, 32)}`);
  return performance.now() - started;
}

async function pushStreamed(repository: string, content: Buffer) {
  const begun = await send('POST', new URL(`${repository}/blobs/uploads/`), [202]);
  const sent = await send('PATCH', begun, [202], content, { 'content-type': octets });
  await send('PUT', withDigest(sent, content), [201]);
}

async function pushBlob(repository: string, content: Buffer) {
  const begun = await send('POST', new URL(`${repository}/blobs/uploads/`), [202]);
  await send('PUT', withDigest(begun, content), [201], content, { 'content-type': octets });
}

const octets = 'application/octet-stream';

async function pushManifest(
  repository: string,
  content: Buffer,
  reference = `sha256:${hexOf(content)}`,
  type = manifestType,
) {
  const url = new URL(`${repository}/manifests/${reference}`);
  await send('PUT', url, [201], content, { 'content-type': type });
}

/** Reads the index of referrers, which is not there, and writes it. */
async function pushFallback(repository: string, upload: Upload, referrer: Buffer) {
  const subject = hexOf(Buffer.from(upload.manifest, 'base64'));
  await send('GET', new URL(`${repository}/manifests/sha256-${subject}`), [404]);
  const manifests = [descriptorOf(referrer, manifestType)];
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }));
  await pushManifest(repository, index, `sha256-${subject}`, indexType);
}

let batches = 0;

/** Makes the term, which stands in a registry that is in use, and gives what writes one entry. */
async function openJournal(origin: string, prefix: string) {
  const repository = `${origin}/v2/${prefix}/vitte-registry`;
  const write = async (content: Buffer, tag: string) => {
    const config = { ...descriptorOf(emptyConfig, 'application/vnd.oci.empty.v1+json') };
    const layers = [descriptorOf(content, 'application/vnd.vitte.journal.entries.v1+jsonl')];
    const manifest = { schemaVersion: 2, mediaType: manifestType, config, layers };
    await pushBlob(repository, content);
    await pushManifest(repository, Buffer.from(JSON.stringify(manifest)), tag);
  };
  if (batches === 0) {
    await pushBlob(repository, emptyConfig);
    await write(Buffer.from('1-bare\n'), '_term');
  }
  return async ({ name, version, digest }: Upload) => {
    batches += 1;
    const at = new Date().toISOString();
    const entry = {
      actor: 'admin',
      at,
      digest,
      event: 'published',
      n: batches,
      package: name,
      version,
    };
    await write(Buffer.from(`${JSON.stringify(entry)}\n`.padStart(500)), `_j-1-bare-${batches}`);
    await send('HEAD', new URL(`${repository}/manifests/_term`), [200]);
  };
}

function referrerOf({ bundle, manifest, key }: Upload): Buffer {
  const type = 'application/vnd.dev.sigstore.bundle.v0.3+json';
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      artifactType: type,
      annotations: { 'dev.vitte.signature.key': key },
      config: descriptorOf(emptyConfig, 'application/vnd.oci.empty.v1+json'),
      layers: [descriptorOf(Buffer.from(bundle, 'base64'), type)],
      subject: descriptorOf(Buffer.from(manifest, 'base64'), manifestType),
    }),
  );
}

function descriptorOf(content: Buffer, mediaType: string) {
  return { mediaType, digest: `sha256:${hexOf(content)}`, size: content.length };
}

function hexOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function withDigest(url: URL, content: Buffer): URL {
  const complete = new URL(url);
  complete.searchParams.set('digest', `sha256:${hexOf(content)}`);
  return complete;
}

/** Sends a request and reads its answer; gives where that says to go on. */
async function send(
  method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT',
  url: URL,
  statuses: number[],
  body?: Buffer,
  headers: Record<string, string> = {},
): Promise<URL> {
  const accept = `${manifestType}, ${indexType}`;
  const options = { method, headers: { accept, ...headers }, body: body ?? null, dispatcher };
  const answer = await request(url, options);
  const text = await answer.body.text();
  if (!statuses.includes(answer.statusCode)) {
    throw new Error(`${method} ${url}: ${answer.statusCode} ${text.slice(0, 300)}`);
  }
  return new URL(String(answer.headers.location ?? '/'), url);
}
