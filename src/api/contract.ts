// The contract itself: what spec/ holds, served as it lies there.
import { VitteError } from '../core/errors.ts';
import { reply } from './answer.ts';
import type { ApiContext, Route } from './route.ts';
import { openApiText, schemaFiles, schemaText } from './schemas.ts';

export const contractRoutes: Route[] = [
  { method: 'GET', path: '/openapi.yaml', handle: showOpenApi },
  { method: 'GET', path: '/schemas/{file}', handle: showSchema },
];

async function showOpenApi(context: ApiContext): Promise<void> {
  reply(context, { type: 'application/yaml; charset=utf-8', body: openApiText() });
}

/** One of the schemas that openapi.yaml refers to. */
async function showSchema(context: ApiContext): Promise<void> {
  const file = context.captures?.[0] ?? '';
  if (!schemaFiles().includes(file)) {
    throw new VitteError(
      'PKG_E_NOT_FOUND',
      `there is no schema ${JSON.stringify(file.slice(0, 80))}`,
    );
  }
  reply(context, { type: 'application/schema+json', body: schemaText(file) });
}
