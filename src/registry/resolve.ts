import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JsonValue } from '../core/json.ts';
import type { PackageName } from '../core/name.ts';
import type { Candidate, PackageFacts, PackageProvider, ResolveResult } from '../resolve/port.ts';
import { findIndexDocument, type IndexDocument } from './index-documents.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext } from './port.ts';

/** Documents that are asked for at once; between so many, others have their turn of this thread. */
const readsMax = 32;

/** What a document says, parsed once: the same object for as long as the document is the same. */
const parsed = new WeakMap<IndexDocument, PackageFacts>();

/**
 * Resolves a request (resolve-request.json) against the index, elsewhere than in this thread: spec/resolve.md. No package
 * is looked at as it was before the number of the answer. Throws what reading the request throws, PKG_E_RESOLVE_LIMIT
 * beyond a limit, PKG_E_RATE_LIMIT where too many resolutions wait, PKG_E_INDEX_UNAVAILABLE, PKG_E_SEQUENCE, and the
 * signal's reason.
 */
export async function resolve(
  parts: Pick<Parts, 'reader' | 'indexDocuments' | 'resolver'>,
  request: JsonValue,
  context: CallContext,
): Promise<Answer<ResolveResult>> {
  // What this replica has seen is the least that each document is read at.
  const { sequence } = await parts.reader.read((index, options) => index.store(options), context);
  const options = {
    slowProvider: 'PKG_E_INDEX_UNAVAILABLE',
    ...(context.signal ? { signal: context.signal } : {}),
  } as const;
  const provider = providerFor(parts, context);
  const value = await parts.resolver.resolve({ unread: request }, provider, options);
  return { sequence, value };
}

function providerFor(
  { indexDocuments }: Pick<Parts, 'indexDocuments'>,
  context: CallContext,
): PackageProvider {
  return {
    async packages(names, { signal }) {
      const call: CallContext = signal ? { ...context, signal } : context;
      const found: (PackageFacts | undefined)[] = [];
      for (let from = 0; from < names.length; from += readsMax) {
        if (from > 0) await nextTurn();
        signal?.throwIfAborted();
        const some = names.slice(from, from + readsMax);
        found.push(...(await Promise.all(some.map((name) => factsOf(name, call)))));
      }
      return found;
    },
  };

  async function factsOf(name: PackageName, call: CallContext): Promise<PackageFacts | undefined> {
    const document = await findIndexDocument(indexDocuments, name, call);
    if (!document) return undefined;
    const facts = parsed.get(document) ?? factsIn(document);
    parsed.set(document, facts);
    return facts;
  }
}

/** What the solver reads, and no more: it is copied into its thread, and kept there. */
function factsIn({ name, bytes }: IndexDocument): PackageFacts {
  const { versions } = JSON.parse(bytes.toString()) as { versions: Candidate[] };
  return {
    name,
    versions: versions.map((row): Candidate => {
      const { version, publishedAt, yanked, dependencies, features, targets, sources } = row;
      return {
        version,
        ...(row.digest ? { digest: row.digest } : {}),
        ...(publishedAt === undefined ? {} : { publishedAt }),
        ...(yanked ? { yanked } : {}),
        ...(dependencies && dependencies.length > 0 ? { dependencies } : {}),
        ...(features ? { features } : {}),
        ...(targets && targets.length > 0 ? { targets } : {}),
        ...(sources === false ? { sources } : {}),
      };
    }),
  };
}
