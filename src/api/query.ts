import { VitteError } from '../core/errors.ts';
import { querySchema } from './schemas.ts';

const queryLengthMax = 4 * 1024;

/**
 * The parameters of a query string that the schema spec/schemas/NAME.json knows, checked against it; others are
 * passed over. Throws PKG_E_REQUEST, which names the parameter.
 */
export async function parseQuery<T>(name: string, querystring: string): Promise<T> {
  if (querystring.length > queryLengthMax) {
    throw new VitteError('PKG_E_REQUEST', `the query is over ${queryLengthMax} characters`);
  }
  const { properties, validate } = await querySchema(name);
  const found: Record<string, string | number> = {};
  for (const pair of querystring.split('&')) {
    const [, rawKey = '', rawValue = ''] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
    const key = decode(rawKey, 'a name');
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (property === undefined) continue;
    if (Object.hasOwn(found, key)) throw parameterError(key, 'stands twice');
    const value = decode(rawValue, key);
    found[key] = property.type === 'integer' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  }
  if (validate(found)) return found as T;
  const [first] = validate.errors ?? [];
  throw parameterError(first?.instancePath.slice(1) ?? '', first?.message ?? 'is malformed');
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    const why = 'is not valid percent-encoded UTF-8';
    throw new VitteError('PKG_E_REQUEST', `query parameter ${JSON.stringify(what)} ${why}`, {
      cause,
    });
  }
}

function parameterError(key: string, why: string) {
  return new VitteError('PKG_E_REQUEST', `query parameter ${JSON.stringify(key)} ${why}`, {
    data: { parameter: key },
  });
}
