// The documents that the use cases make of an index, to compare two indexes by what people are given.
import type { PackageName } from '../../src/core/name.ts';
import { listedVersions } from '../../src/index/listed-versions.ts';
import { openSearch } from '../../src/index/search.ts';
import { changes } from '../../src/registry/changes.ts';
import { dependencies } from '../../src/registry/dependencies.ts';
import { dependents } from '../../src/registry/dependents.ts';
import { deprecation } from '../../src/registry/deprecate.ts';
import { openIndexDocuments } from '../../src/registry/index-documents.ts';
import { packageInfo } from '../../src/registry/info.ts';
import { list } from '../../src/registry/list.ts';
import { owners } from '../../src/registry/owners.ts';
import type { Parts } from '../../src/registry/parts.ts';
import type { CallContext } from '../../src/registry/port.ts';
import { search } from '../../src/registry/search.ts';
import { openDownloadCounter } from '../../src/sync/download-counter.ts';
import { openFeedTail } from '../../src/sync/feed-tail.ts';
import { createReader } from '../../src/sync/reader.ts';
import { createSearchFollower } from '../../src/sync/search-follower.ts';
import type { Replica } from './replica.ts';

const admin: CallContext = { actor: { account: 'admin', role: 'admin' } };

export type Documents = {
  parts: Parts;
  /** Every document about every package that is listed. */
  read(): Promise<object>;
  close(): Promise<void>;
};

/** The use cases that read, over a replica's index. */
export function openDocuments({ index, journal, versions, journalStore }: Replica): Documents {
  const onError = (error: unknown) => {
    throw error;
  };
  const reader = createReader(index, journal);
  const tail = openFeedTail(index, reader);
  const downloads = openDownloadCounter(index, onError);
  const indexDocuments = openIndexDocuments(reader, tail);
  const words = openSearch();
  const searchFollower = createSearchFollower(index, words);
  // What these documents have no need of is left out.
  const read = { index, journal, versions, journalStore, reader, tail, downloads };
  const used = { ...read, search: words, searchFollower };
  const parts = { ...used, indexDocuments, onError } as unknown as Parts;

  return {
    parts,
    async read() {
      const { records, total } = (await index.packages({ limit: 1_000 })).value;
      const about = await Promise.all(records.map(({ name }) => documentsOf(name)));
      const { value: feed } = await changes(parts, { since: 0, limit: 1_000 }, admin);
      const { value: listed } = await list(parts, { limit: 999 }, admin);
      const query = { text: '', sort: 'updated', limit: 1_000 } as const;
      const { value: found } = await search(parts, query, admin);
      return { total, feed, listed, found, about };
    },
    async close() {
      await searchFollower.close();
      await tail.close();
      await downloads.close();
    },
  };

  async function documentsOf(name: PackageName) {
    const page = { limit: 1_000 };
    const { value: info } = await packageInfo(parts, name, admin);
    const versionNames = info.versions.map(({ version }) => version);
    return {
      info,
      index: (await indexDocuments.get(name, admin)).value.bytes.toString(),
      deprecation: (await deprecation(parts, name, admin)).value,
      owners: (await owners(parts, name, admin)).value,
      direct: (await dependents(parts, name, { ...page, transitive: false }, admin)).value,
      transitive: (await dependents(parts, name, { ...page, transitive: true }, admin)).value,
      trees: await Promise.all(
        versionNames.map(async (version) => {
          const request = { name, version, depth: 64 };
          return (await dependencies(parts, request, admin)).value;
        }),
      ),
      raw: listedVersions((await index.package(name)).value ?? { versions: [] }),
    };
  }
}
