import type { PackageName } from '../core/name.ts';
import { comparePlaces, type DependentPlace, parsePlace, placeText } from './dependent-place.ts';
import { readListed } from './package-change.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, Dependent, DependentsPage } from './port.ts';
import { transitiveDependents } from './transitive-dependents.ts';

/** `after` is the `next` of the page before. `limit` is 1 to 1,000. */
export type DependentsQuery = { transitive: boolean; after?: string; limit: number };

/**
 * Versions that depend on a package, by name, then lowest first: directly; or with those that do so through others,
 * the nearest first. Throws PKG_E_NOT_FOUND, and PKG_E_REQUEST for a place that no page gave.
 */
export async function dependents(
  parts: Parts,
  name: PackageName,
  query: DependentsQuery,
  context: CallContext,
): Promise<Answer<DependentsPage>> {
  const after = query.after === undefined ? undefined : parsePlace(query.after);
  const { sequence } = await readListed(parts, name, context);
  return query.transitive
    ? transitivePage(parts, name, { after, limit: query.limit, sequence }, context)
    : directPage(parts, name, { after, limit: query.limit }, context);
}

async function directPage(
  parts: Parts,
  name: PackageName,
  { after, limit }: { after: DependentPlace | undefined; limit: number },
  context: CallContext,
): Promise<Answer<DependentsPage>> {
  const { sequence, value } = await parts.reader.read(
    (index, options) => index.dependents(name, { limit, ...(after ? { after } : {}) }, options),
    context,
  );
  const rows = value.map((row): Dependent => ({ ...row, on: name, depth: 1 }));
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return { sequence, value: { dependents: rows, next: last && placeText(last), complete: true } };
}

async function transitivePage(
  parts: Parts,
  name: PackageName,
  {
    after,
    limit,
    sequence,
  }: { after: DependentPlace | undefined; limit: number; sequence: number },
  context: CallContext,
): Promise<Answer<DependentsPage>> {
  const { rows, complete } = await transitiveDependents(parts, name, sequence, context);
  const rest = after ? rows.filter((row) => comparePlaces(row, after) > 0) : rows;
  const page = rest.slice(0, limit);
  const last = rest.length > limit ? page.at(-1) : undefined;
  return { sequence, value: { dependents: page, next: last && placeText(last), complete } };
}
