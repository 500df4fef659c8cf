// What changes what stands of a package: yanks, deprecations, people. The same request again changes nothing.
import { VitteError } from '../core/errors.ts';
import { type PackageRole, parseAccount, parsePackageRole } from '../core/people.ts';
import { parseRemark } from '../core/remark.ts';
import type { CallContext, DeprecationState, OwnersState, YankState } from '../registry/port.ts';
import { neverStored, reply, setSequence } from './answer.ts';
import { callContext, tokenContext } from './call-context.ts';
import { readJsonBody } from './json-body.ts';
import { segmentOf } from './package-path.ts';
import { packageOf, versionOf } from './packages.ts';
import type { ApiContext, ApiParts, Route } from './route.ts';

const yankPath = '/api/v1/packages/{name}/{version}/yank';
const deprecationPath = '/api/v1/packages/{name}/-/deprecation';
const ownersPath = '/api/v1/packages/{name}/-/owners';

export const packageChangeRoutes: Route[] = [
  { method: 'PUT', path: yankPath, handle: (...given) => setYanked(true, ...given) },
  { method: 'DELETE', path: yankPath, handle: (...given) => setYanked(false, ...given) },
  { method: 'GET', path: deprecationPath, handle: showDeprecation },
  { method: 'PUT', path: deprecationPath, handle: deprecate },
  { method: 'DELETE', path: deprecationPath, handle: undeprecate },
  { method: 'GET', path: ownersPath, handle: showOwners },
  { method: 'PUT', path: `${ownersPath}/{account}`, handle: addOwner },
  { method: 'DELETE', path: `${ownersPath}/{account}`, handle: removeOwner },
];

async function setYanked(yanked: boolean, context: ApiContext, parts: ApiParts): Promise<void> {
  const { name, version } = versionOf(context);
  const call = await changeContext(context, parts);
  const body = await readJsonBody<{ reason?: string }>('yank-request', context, parts);
  const reason = body.reason === undefined ? {} : { reason: parseRemark(body.reason, 'reason') };
  const request = { name, version, yanked, ...reason };
  const { sequence, value } = await parts.useCases.yank(request, call);
  await answerChange(context, parts, call, sequence, yankDocument(value), value.changed);
}

async function showDeprecation(context: ApiContext, parts: ApiParts): Promise<void> {
  const { name } = packageOf(context);
  const call = await callContext(context, parts);
  const { sequence, value } = await parts.useCases.deprecation(name, call);
  await setSequence(context, parts, call, sequence);
  reply(context, { body: deprecationDocument(value) });
}

async function deprecate(context: ApiContext, parts: ApiParts): Promise<void> {
  const { name } = packageOf(context);
  const call = await changeContext(context, parts);
  const body = await readJsonBody<{ message: string }>('deprecation-request', context, parts);
  await changeDeprecation(context, parts, call, { name, message: body.message });
}

async function undeprecate(context: ApiContext, parts: ApiParts): Promise<void> {
  const { name } = packageOf(context);
  const call = await changeContext(context, parts);
  await changeDeprecation(context, parts, call, { name, message: '' });
}

async function changeDeprecation(
  context: ApiContext,
  parts: ApiParts,
  call: CallContext,
  { name, message }: Parameters<ApiParts['useCases']['deprecate']>[0],
) {
  const request = { name, message: parseRemark(message, 'message') };
  const { sequence, value } = await parts.useCases.deprecate(request, call);
  await answerChange(context, parts, call, sequence, deprecationDocument(value), value.changed);
}

async function showOwners(context: ApiContext, parts: ApiParts): Promise<void> {
  const { name } = packageOf(context);
  const call = await callContext(context, parts);
  const { sequence, value } = await parts.useCases.owners(name, call);
  await setSequence(context, parts, call, sequence);
  reply(context, { body: ownersDocument(value) });
}

async function addOwner(context: ApiContext, parts: ApiParts): Promise<void> {
  const call = await changeContext(context, parts);
  const { role = 'owner' } = await readJsonBody<{ role?: string }>('owner-request', context, parts);
  await changeOwner(context, parts, call, parsePackageRole(role));
}

async function removeOwner(context: ApiContext, parts: ApiParts): Promise<void> {
  await changeOwner(context, parts, await changeContext(context, parts), undefined);
}

async function changeOwner(
  context: ApiContext,
  parts: ApiParts,
  call: CallContext,
  role: PackageRole | undefined,
) {
  const { name } = packageOf(context);
  const account = parseAccount(segmentOf(context.captures?.[1] ?? ''));
  const request = { name, account, ...(role ? { role } : {}) };
  const { sequence, value } = await parts.useCases.setOwner(request, call);
  await answerChange(context, parts, call, sequence, ownersDocument(value), value.changed);
}

/** Rights are judged before a body is read. Throws PKG_E_SHUTTING_DOWN, PKG_E_TOKEN. */
async function changeContext(context: ApiContext, parts: ApiParts): Promise<CallContext> {
  if (parts.draining()) {
    throw new VitteError('PKG_E_SHUTTING_DOWN', 'the registry is on its way down');
  }
  return tokenContext(context, parts);
}

async function answerChange(
  context: ApiContext,
  parts: ApiParts,
  call: CallContext,
  sequence: number,
  document: object,
  changed: boolean,
) {
  await setSequence(context, parts, call, sequence);
  reply(context, { body: { ...document, changed }, cacheControl: neverStored });
}

function yankDocument({ name, version, digest, yanked, yank }: YankState) {
  const { reason, at, actor } = yank ?? {};
  return { schema: 'vitte.registry.yank.v1', name, version, digest, yanked, reason, at, actor };
}

function deprecationDocument({ name, deprecation }: DeprecationState) {
  const { message, at, actor } = deprecation ?? {};
  const deprecated = deprecation !== undefined;
  return { schema: 'vitte.registry.deprecation.v1', name, deprecated, message, at, actor };
}

function ownersDocument({ name, owners }: OwnersState) {
  const rows = owners.map(({ account, role, at, actor }) => ({ account, role, at, actor }));
  return { schema: 'vitte.registry.owners.v1', name, owners: rows };
}
