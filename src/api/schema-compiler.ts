// The compiler of schemas, in a module of its own: loading it takes a good part of a start.
import { Ajv2020 } from 'ajv/dist/2020.js';

/** One that takes no schema with words that it does not know. */
export function schemaCompiler(): Ajv2020 {
  return new Ajv2020({ strict: true, allowUnionTypes: true });
}
