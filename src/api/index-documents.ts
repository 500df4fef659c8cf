import { VitteError } from '../core/errors.ts';
import { parsePackageName } from '../core/name.ts';
import { ownBytes } from '../core/own-bytes.ts';
import type { IndexDocument } from '../registry/index-documents.ts';
import { isNotModified, neverStored, revalidated, setHolding, setSequence } from './answer.ts';
import { callContext } from './call-context.ts';
import { acceptedEncoding, type Encoding, encoded } from './content-encoding.ts';
import { etagOf } from './etag.ts';
import { readJsonBody } from './json-body.ts';
import { packageOf } from './packages.ts';
import type { ApiContext, ApiParts, Route } from './route.ts';

export const indexRoutes: Route[] = [
  { method: 'GET', path: '/api/v1/index/{name}', handle: showDocument },
  { method: 'POST', path: '/api/v1/index', handle: showDocuments },
];

const namesMax = 500;
/** What one answer holds; names of which the documents do not fit are for the next. */
const batchBytesMax = 16 * 1024 * 1024;

/** Bytes that are ready to be sent, with the headers that say what they are. */
type Ready = { bytes: Buffer; encoding: Encoding; etag: string };

/** By document and encoding: made at the first request for it, and gone with the document. */
const ready = new WeakMap<IndexDocument, Map<Encoding, Promise<Ready>>>();

async function showDocument(context: ApiContext, parts: ApiParts): Promise<void> {
  const { name } = packageOf(context);
  const call = await callContext(context, parts);
  const { sequence, value } = await parts.useCases.indexDocument(name, call);
  await setSequence(context, parts, call, sequence);
  setHolding(context, name, sequence);
  const { bytes, encoding, etag } = await readyBytes(value, wantedEncoding(context));
  context.set('Cache-Control', revalidated);
  context.set('Vary', 'Accept-Encoding');
  context.set('ETag', etag);
  context.status = 200;
  if (isNotModified(context, etag)) {
    context.status = 304;
    return;
  }
  send(context, bytes, encoding);
}

/** Several documents in one answer, each as it is given alone. */
async function showDocuments(context: ApiContext, parts: ApiParts): Promise<void> {
  const call = await callContext(context, parts);
  const body = await readJsonBody<{ names: string[] }>('index-names', context, parts);
  const names = [...new Set(body.names)].map(parsePackageName);
  if (names.length > namesMax) {
    throw new VitteError('PKG_E_REQUEST', `at most ${namesMax} names at once`);
  }
  const { sequence, value } = await parts.useCases.indexDocuments(names, batchBytesMax, call);
  await setSequence(context, parts, call, sequence);
  const { missing, left } = value;
  const documents = value.documents.map(({ bytes }) => bytes.subarray(0, bytes.lastIndexOf('\n')));
  const bytes = Buffer.concat([
    Buffer.from('{"schema":"vitte.registry.index-batch.v1","documents":['),
    ...documents.flatMap((document, at) => (at === 0 ? [document] : [comma, document])),
    Buffer.from(`],"missing":${JSON.stringify(missing)},"left":${JSON.stringify(left)}}\n`),
  ]);
  const encoding = wantedEncoding(context);
  const packed = await encoded(bytes, encoding, 'once');
  context.set('Cache-Control', neverStored);
  context.set('Vary', 'Accept-Encoding');
  context.status = 200;
  send(context, packed ?? bytes, packed ? encoding : 'identity');
}

const comma = Buffer.from(',');

function wantedEncoding({ req }: ApiContext): Encoding {
  return acceptedEncoding(req.headersDistinct['accept-encoding']?.join(','));
}

function send(context: ApiContext, bytes: Buffer, encoding: Encoding) {
  if (encoding !== 'identity') context.set('Content-Encoding', encoding);
  context.set('Content-Type', 'application/json; charset=utf-8');
  context.body = bytes;
}

/** The bytes of a document in an encoding. An ETag names bytes, so each encoding has its own. */
function readyBytes(document: IndexDocument, encoding: Encoding): Promise<Ready> {
  const forms = ready.get(document) ?? new Map<Encoding, Promise<Ready>>();
  ready.set(document, forms);
  const found = forms.get(encoding) ?? make(document, encoding);
  forms.set(encoding, found);
  found.catch(() => forms.delete(encoding));
  return found;
}

async function make(document: IndexDocument, encoding: Encoding): Promise<Ready> {
  const packed = await encoded(document.bytes, encoding, 'kept');
  if (!packed) {
    return { bytes: document.bytes, encoding: 'identity', etag: etagOf(document.bytes) };
  }
  const etag = etagOf(document.bytes).replace(/"$/, `-${encoding}"`);
  return { bytes: ownBytes(packed), encoding, etag };
}
