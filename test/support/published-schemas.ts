// The schemas of spec/schemas as checks of answers. Members that a schema does not name are refused here, so that
// nothing is answered that is not published; clients are told to pass over what they do not know.
import { Ajv2020, type AnySchemaObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { schemaFiles, schemaText } from '../../src/api/schemas.ts';

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
for (const file of schemaFiles()) {
  ajv.addSchema(closed(JSON.parse(schemaText(file)) as AnySchemaObject), file);
}

/** Throws where the value is not what spec/schemas/NAME.json says. */
export function checkSchema(name: string, value: unknown): void {
  const validate = ajv.getSchema(`${name}.json`) as ValidateFunction | undefined;
  if (!validate) throw new Error(`there is no schema ${name}`);
  if (validate(value)) return;
  const rows = validate.errors?.map((error) => `${error.instancePath || '/'} ${error.message}`);
  throw new Error(`not a ${name}: ${rows?.join('; ')}\n${JSON.stringify(value, null, 2)}`);
}

function closed<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(closed) as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.entries(schema).map(([key, value]) => [key, closed(value)] as const);
  const copy: Record<string, unknown> = Object.fromEntries(members);
  if (copy.type === 'object' && copy.properties !== undefined) copy.additionalProperties ??= false;
  return copy as T;
}
