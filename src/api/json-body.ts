import { VitteError } from '../core/errors.ts';
import { type JsonValue, parseJson } from '../core/json.ts';
import { parseMediaType } from './media-type.ts';
import { hasUnreadBody, requestBody } from './request-body.ts';
import type { ApiContext, ApiParts } from './route.ts';
import { bodySchema } from './schemas.ts';

type JsonBodyLimits = { bodyBytesMax: number };
const usualLimits: JsonBodyLimits = { bodyBytesMax: 128 * 1024 };

/**
 * The body of a request, one JSON document of at most 128 KiB unless another limit is given, checked against
 * spec/schemas/NAME.json. A request without a body stands for an empty document. Throws PKG_E_MEDIA_TYPE,
 * PKG_E_BODY_SIZE, PKG_E_REQUEST for what is no JSON or not what the schema says, and what reading a body throws.
 */
export async function readJsonBody<T>(
  name: string,
  context: ApiContext,
  { limits }: ApiParts,
  { bodyBytesMax }: JsonBodyLimits = usualLimits,
): Promise<T> {
  const value = await readValue(context, { ...limits, uploadBytesMax: bodyBytesMax });
  const validate = await bodySchema(name);
  if (validate(value)) return value as T;
  const [first] = validate.errors ?? [];
  const where = first?.instancePath.slice(1).replaceAll('/', '.') || 'the body';
  throw new VitteError('PKG_E_REQUEST', `${where} ${first?.message ?? 'is malformed'}`, {
    data: { schema: `/schemas/${name}.json` },
  });
}

async function readValue(context: ApiContext, bounds: ApiParts['limits']): Promise<JsonValue> {
  const { req, res } = context;
  const { uploadBytesMax: bodyBytesMax } = bounds;
  if (!announcesBody(context)) return {};
  requireJson(context);
  if (Number(req.headers['content-length'] ?? 0) > bodyBytesMax) {
    throw new VitteError(
      'PKG_E_BODY_SIZE',
      `the body is over the ${bodyBytesMax} bytes allowed here`,
    );
  }
  const bytes = Buffer.concat(await Array.fromAsync(requestBody(req, res, bounds)));
  if (bytes.length === 0) return {};
  try {
    return parseJson(bytes, 'the body', bodyBytesMax);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'the body is not valid JSON';
    throw new VitteError('PKG_E_REQUEST', why, { cause });
  }
}

/** A short body may have arrived in full before it is asked for. */
function announcesBody({ req }: ApiContext): boolean {
  return hasUnreadBody(req) || Number(req.headers['content-length'] ?? 0) > 0;
}

function requireJson({ req }: ApiContext) {
  const types = req.headersDistinct['content-type'] ?? [];
  const encoding = req.headersDistinct['content-encoding']?.join(', ') ?? 'identity';
  const isJson = types.length === 1 && parseMediaType(types[0] ?? '').type === 'application/json';
  if (isJson && encoding.toLowerCase() === 'identity') return;
  throw new VitteError('PKG_E_MEDIA_TYPE', 'the body must be application/json, not encoded', {
    help: 'send the header Content-Type: application/json',
  });
}
