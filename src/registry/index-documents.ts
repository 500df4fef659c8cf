// The compact documents for client-side resolvers, as bytes that are made once for each state of a package.
import { isVitteError } from '../core/errors.ts';
import type { PackageName } from '../core/name.ts';
import { ownBytes } from '../core/own-bytes.ts';
import { createRecent } from '../core/recent.ts';
import { listedVersions } from '../index/listed-versions.ts';
import type { PackageRecord, VersionRecord } from '../index/port.ts';
import type { FeedTail } from '../sync/feed-tail.ts';
import type { Reader } from '../sync/reader.ts';
import type { Answer, CallContext } from './port.ts';
import { packageNotFound } from './version-info.ts';

/** One state of a package's document. The same object stands for as long as that state does. */
export type IndexDocument = {
  readonly name: PackageName;
  /** JSON in UTF-8, with a line end. */
  readonly bytes: Buffer;
};

export type IndexDocuments = {
  /**
   * The document of a package: from memory where no entry up to the number it is given with has named the package
   * since it was made, else from the index. Throws PKG_E_NOT_FOUND for a package without versions.
   */
  get(name: PackageName, context: CallContext): Promise<Answer<IndexDocument>>;
};

/** Documents of several packages, in the order of their names as they were asked for. */
export type IndexBatch = {
  documents: IndexDocument[];
  /** Names of which there is no package with a version. */
  missing: PackageName[];
  /** Names of which the documents are to be asked for again: there was no room for them. */
  left: PackageName[];
};

type Kept = { document: IndexDocument; revision: string; sequence: number };

const keptMax = 100_000;
/** Of the documents as they are; what HTTP makes of them by compression comes to less than that again. */
const keptBytesMax = 64 * 1024 * 1024;

/** Keeps at most 64 MiB of documents, those that were asked for last. */
export function openIndexDocuments(
  reader: Reader,
  tail: Pick<FeedTail, 'freshSequence' | 'onEntries'>,
): IndexDocuments {
  const limits = { entriesMax: keptMax, ageMs: Number.POSITIVE_INFINITY, bytesMax: keptBytesMax };
  const kept = createRecent<Kept>(
    { ...limits, bytesOf: ({ document }) => document.bytes.length },
    () => 0,
  );
  tail.onEntries((entries) => {
    for (const entry of entries) {
      if (!('package' in entry)) continue;
      const found = kept.get(entry.package);
      if (found && found.sequence < entry.n) kept.delete(entry.package);
    }
  });

  return {
    async get(name, context) {
      const wanted = Math.max(reader.seen(), context.minSequence ?? 0);
      const known = tail.freshSequence();
      const found = kept.get(name);
      // What is kept holds up to where the tail has come without naming the package.
      if (found && known !== undefined && Math.max(known, found.sequence) >= wanted) {
        return { sequence: Math.max(known, found.sequence), value: found.document };
      }
      return read(name, context, found);
    },
  };

  async function read(
    name: PackageName,
    context: CallContext,
    found: Kept | undefined,
  ): Promise<Answer<IndexDocument>> {
    const { sequence, value: record } = await reader.read(
      (index, options) => index.package(name, options),
      context,
    );
    const listed = record ? listedVersions(record) : [];
    if (!record || listed.length === 0) throw packageNotFound(name);
    const revision = `${record.sequence} ${listed.length}`;
    const document = found?.revision === revision ? found.document : made(record, listed);
    // The tail may have passed this read already, and would not name the package again.
    const known = tail.freshSequence();
    if (known !== undefined && known <= sequence) kept.set(name, { document, revision, sequence });
    return { sequence, value: document };
  }
}

const readsMax = 16;

/** Documents of at most `bytesMax` together, but one at least, each no older than the number they are given with. */
export async function indexBatch(
  parts: { reader: Reader; indexDocuments: IndexDocuments },
  names: readonly PackageName[],
  bytesMax: number,
  context: CallContext,
): Promise<Answer<IndexBatch>> {
  const { sequence } = await parts.reader.read((index, options) => index.store(options), context);
  const batch: IndexBatch = { documents: [], missing: [], left: [] };
  let bytes = 0;
  for (let from = 0; from < names.length; from += readsMax) {
    const some = names.slice(from, from + readsMax);
    const isFull = bytes >= bytesMax;
    const found = isFull ? [] : await Promise.all(some.map(documentOf));
    for (const [at, name] of some.entries()) {
      const document = found[at];
      if (isFull) batch.left.push(name);
      else if (!document) batch.missing.push(name);
      else if (bytes > 0 && bytes + document.bytes.length > bytesMax) batch.left.push(name);
      else {
        batch.documents.push(document);
        bytes += document.bytes.length;
      }
    }
  }
  return { sequence, value: batch };

  function documentOf(name: PackageName) {
    return findIndexDocument(parts.indexDocuments, name, context);
  }
}

/** The document of a package; undefined for one without versions. */
export async function findIndexDocument(
  documents: IndexDocuments,
  name: PackageName,
  context: CallContext,
): Promise<IndexDocument | undefined> {
  try {
    return (await documents.get(name, context)).value;
  } catch (error) {
    if (isVitteError(error, 'PKG_E_NOT_FOUND')) return undefined;
    throw error;
  }
}

function made(record: PackageRecord, listed: VersionRecord[]): IndexDocument {
  const { name, sequence, deprecation } = record;
  const document = {
    schema: 'vitte.registry.index.v1',
    name,
    sequence,
    ...(deprecation ? { deprecated: deprecation.message } : {}),
    versions: listed.map(row).reverse(),
  };
  return { name, bytes: ownBytes(Buffer.from(`${JSON.stringify(document)}\n`)) };
}

/** What a resolver asks of a version. What is usual is left out where it may be. */
function row({ version, digest, archive, document, publishedAt, yanked }: VersionRecord) {
  const { kind, features, dependencies = [] } = document;
  return {
    version,
    digest,
    archive: { digest: archive.digest, bytes: archive.bytes },
    kind,
    publishedAt,
    yanked,
    dependencies: dependencies.map(({ name, requirement, source, optional, features }) => ({
      name,
      requirement,
      ...(source === 'registry' ? {} : { source }),
      ...(optional ? { optional } : {}),
      ...(features && features.length > 0 ? { features } : {}),
    })),
    ...(features && Object.keys(features).length > 0 ? { features } : {}),
    targets: [],
  };
}
