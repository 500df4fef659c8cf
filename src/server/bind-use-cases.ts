import type { UseCases } from '../api/use-cases.ts';
import { authenticate } from '../registry/authenticate.ts';
import { changes } from '../registry/changes.ts';
import { describe } from '../registry/describe.ts';
import { openArchive } from '../registry/fetch.ts';
import { packageInfo, versionInfoOf } from '../registry/info.ts';
import { list } from '../registry/list.ts';
import type { Parts } from '../registry/parts.ts';
import { publish } from '../registry/publish.ts';
import { readiness } from '../registry/readiness.ts';
import { readme } from '../registry/readme.ts';
import { search } from '../registry/search.ts';
import { signatures } from '../registry/signatures.ts';

/** The use cases with their parts inside, as the API wants them. */
export function bindUseCases(parts: Parts): UseCases {
  return {
    describe: (context) => describe(parts, context),
    publish: (request, context) => publish(parts, request, context),
    packageInfo: (name, context) => packageInfo(parts, name, context),
    versionInfo: (name, version, context) => versionInfoOf(parts, name, version, context),
    list: ({ cursor, ...query }, context) =>
      list(parts, { ...query, ...(cursor === undefined ? {} : { after: cursor }) }, context),
    search: ({ cursor, ...query }, context) =>
      search(parts, { ...query, offset: Number(cursor ?? 0) }, context),
    openArchive: (name, version, range, context) =>
      openArchive(parts, name, version, range, context),
    signatures: (name, version, context) => signatures(parts, name, version, context),
    readme: (name, version, context) => readme(parts, name, version, context),
    changes: (page, context) => changes(parts, page, context),
    authenticate: (token, options) => authenticate(parts, token, options),
    readiness: (options) => readiness(parts, options),
  };
}
