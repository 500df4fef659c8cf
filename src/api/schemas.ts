// The published schemas (spec/schemas): what ajv checks here is what is published there.
import { readdirSync, readFileSync } from 'node:fs';
import type { AnySchemaObject, ValidateFunction } from 'ajv/dist/2020.js';

const specFolder = new URL('../../spec/', import.meta.url);

export type QuerySchema = {
  properties: Record<string, { type: string }>;
  validate: ValidateFunction;
};

/** What schemas have in common, and refer to. */
const sharedTerms = 'defs.json';

const compiled = new Map<string, QuerySchema>();
const texts = new Map<string, string>();

/** A query's schema by the file's name without `.json`, compiled at its first use. */
export async function querySchema(name: string): Promise<QuerySchema> {
  const found = compiled.get(name);
  if (found) return found;
  // Loaded when first needed: a start may come without any query.
  const { schemaCompiler } = await import('./schema-compiler.ts');
  const text = schemaText(`${name}.json`);
  const schema = JSON.parse(text) as AnySchemaObject;
  const ajv = schemaCompiler();
  if (text.includes(`"${sharedTerms}#`)) {
    ajv.addSchema(JSON.parse(schemaText(sharedTerms)) as AnySchemaObject, sharedTerms);
  }
  const made = {
    properties: schema.properties as QuerySchema['properties'],
    validate: ajv.compile(schema),
  };
  compiled.set(name, made);
  return made;
}

/** The check of a request's body, by the file's name without `.json`, compiled at its first use. */
export async function bodySchema(name: string): Promise<ValidateFunction> {
  return (await querySchema(name)).validate;
}

/** The names of the published schemas' files. */
export function schemaFiles(): string[] {
  return readdirSync(new URL('schemas/', specFolder)).filter((file) => file.endsWith('.json'));
}

/** A published schema as it lies in the tree. The name must be one that schemaFiles gives. */
export function schemaText(file: string): string {
  return specText(`schemas/${file}`);
}

/** The OpenAPI document as it lies in the tree. */
export function openApiText(): string {
  return specText('openapi.yaml');
}

function specText(path: string): string {
  const found = texts.get(path) ?? readFileSync(new URL(path, specFolder), 'utf8');
  texts.set(path, found);
  return found;
}
