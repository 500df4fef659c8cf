import type { UseCases } from '../api/use-cases.ts';
import { authenticate } from '../registry/authenticate.ts';
import { changes, nextChanges } from '../registry/changes.ts';
import { dependencies } from '../registry/dependencies.ts';
import { dependents } from '../registry/dependents.ts';
import { deprecate, deprecation } from '../registry/deprecate.ts';
import { describe, storeIdOf } from '../registry/describe.ts';
import { openArchive } from '../registry/fetch.ts';
import { indexBatch } from '../registry/index-documents.ts';
import { packageInfo, versionInfoOf } from '../registry/info.ts';
import { list } from '../registry/list.ts';
import { owners, setOwner } from '../registry/owners.ts';
import type { Parts } from '../registry/parts.ts';
import { publish } from '../registry/publish.ts';
import { readiness } from '../registry/readiness.ts';
import { readme } from '../registry/readme.ts';
import { resolve } from '../registry/resolve.ts';
import { search } from '../registry/search.ts';
import { signatures } from '../registry/signatures.ts';
import { yank } from '../registry/yank.ts';

/** The use cases with their parts inside, as the API wants them. */
export function bindUseCases(parts: Parts): UseCases {
  return {
    describe: (context) => describe(parts, context),
    storeId: (options) => storeIdOf(parts, options),
    publish: (request, context) => publish(parts, request, context),
    packageInfo: (name, context) => packageInfo(parts, name, context),
    versionInfo: (name, version, context) => versionInfoOf(parts, name, version, context),
    list: ({ cursor, ...query }, context) =>
      list(parts, { ...query, ...(cursor === undefined ? {} : { after: cursor }) }, context),
    search: ({ cursor, ...query }, context) =>
      search(parts, { ...query, ...(cursor === undefined ? {} : { after: cursor }) }, context),
    openArchive: (name, version, range, context) =>
      openArchive(parts, name, version, range, context),
    signatures: (name, version, context) => signatures(parts, name, version, context),
    readme: (name, version, context) => readme(parts, name, version, context),
    changes: (page, context) => changes(parts, page, context),
    nextChanges: (page, context) => nextChanges(parts, page, context),
    yank: (request, context) => yank(parts, request, context),
    deprecation: (name, context) => deprecation(parts, name, context),
    deprecate: (request, context) => deprecate(parts, request, context),
    owners: (name, context) => owners(parts, name, context),
    setOwner: (request, context) => setOwner(parts, request, context),
    dependents: (name, query, context) => dependents(parts, name, query, context),
    dependencies: (request, context) => dependencies(parts, request, context),
    indexDocument: (name, context) => parts.indexDocuments.get(name, context),
    indexDocuments: (names, bytesMax, context) => indexBatch(parts, names, bytesMax, context),
    resolve: (request, context) => resolve(parts, request, context),
    authenticate: (token, options) => authenticate(parts, token, options),
    readiness: (options) => readiness(parts, options),
  };
}
