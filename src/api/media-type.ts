import { VitteError } from '../core/errors.ts';

export type MediaType = { type: string; parameters: ReadonlyMap<string, string> };

const mediaTypeLengthMax = 512;
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const typeForm = new RegExp(`^${token}/${token}`);
const parameterForm = new RegExp(
  `[ \\t]*;[ \\t]*(${token})=(?:(${token})|"((?:[^"\\\\]|\\\\.)*)")[ \\t]*`,
  'y',
);

/**
 * Parses a Content-Type (RFC 9110, 8.3.1); type and parameter names in lower case. Throws PKG_E_REQUEST where it
 * can't be read or names a parameter twice.
 */
export function parseMediaType(text: string): MediaType {
  const type = text.length <= mediaTypeLengthMax ? typeForm.exec(text)?.[0] : undefined;
  if (type === undefined) throw typeError('can not be read');
  const parameters = new Map<string, string>();
  for (parameterForm.lastIndex = type.length; parameterForm.lastIndex < text.length; ) {
    const [, name, plain, quoted] = parameterForm.exec(text) ?? [];
    if (name === undefined) throw typeError('has parameters that can not be read');
    const key = name.toLowerCase();
    if (parameters.has(key)) throw typeError(`names ${key} twice`);
    parameters.set(key, plain ?? quoted?.replace(/\\(.)/g, '$1') ?? '');
  }
  return { type: type.toLowerCase(), parameters };
}

function typeError(why: string) {
  return new VitteError('PKG_E_REQUEST', `the Content-Type ${why}`);
}
