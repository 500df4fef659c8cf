// A search filled with packages that are described in a line each.
import { sha256 } from '../../src/core/digest.ts';
import type { PackageName } from '../../src/core/name.ts';
import type { Requirement } from '../../src/core/requirement.ts';
import type { PackageRecord, VersionRecord } from '../../src/index/port.ts';
import { openSearch } from '../../src/index/search.ts';
import type { Search } from '../../src/index/search-port.ts';
import { readmeText } from '../../src/index/search-readme.ts';
import { packageRecord } from './package-record.ts';

export type Shelved = {
  description?: string;
  keywords?: string[];
  license?: string;
  kind?: 'library' | 'binary';
  depends?: string[];
  owner?: string;
  readme?: string;
  /** RFC 3339, of the version and of the package. */
  published?: string;
  created?: string;
  downloads?: number;
  yanked?: boolean;
  deprecated?: boolean;
};

/** A search that holds these packages, each with one version. */
export function shelvedSearch(shelf: Record<string, Shelved>): Search {
  const search = openSearch();
  for (const [name, shelved] of Object.entries(shelf)) shelve(search, name, shelved);
  return search;
}

/** Puts a package in the place of what stood there. */
export function shelve(search: Search, name: string, shelved: Shelved) {
  const record = shelvedRecord(name, shelved);
  search.put(record);
  const digest = search.lacksReadme(record.name);
  if (digest !== undefined && shelved.readme !== undefined) {
    search.putReadme(record.name, digest, readmeText(Buffer.from(shelved.readme)));
  }
  search.putDownloads(record.name, shelved.downloads ?? 0);
}

export function shelvedRecord(name: string, shelved: Shelved): PackageRecord {
  const { published = '2026-03-01T00:00:00.000Z', created = published, readme } = shelved;
  const { description, keywords, license, kind = 'library', depends = [] } = shelved;
  const { yanked = false, deprecated = false, owner = 'ann' } = shelved;
  const change = { sequence: 1, at: created, actor: owner };
  const record = packageRecord(name);
  const version = record.versions[0] as VersionRecord;
  return {
    ...record,
    createdAt: created,
    owners: [{ account: owner, role: 'owner', ...change }],
    ...(deprecated ? { deprecation: { message: 'use another', ...change } } : {}),
    versions: [
      {
        ...version,
        publishedAt: published,
        yanked,
        ...(readme === undefined
          ? {}
          : { readme: { digest: sha256(readme), bytes: readme.length } }),
        document: {
          ...version.document,
          kind,
          ...(description === undefined ? {} : { description }),
          ...(keywords ? { keywords } : {}),
          ...(license === undefined ? {} : { license }),
          dependencies: depends.map((on) => ({
            name: on as PackageName,
            requirement: '*' as Requirement,
            source: 'registry',
          })),
        },
      },
    ],
  };
}

/** Names of the hits, best first. */
export function foundIn(search: Search, text: string, limit = 100): string[] {
  return search.search({ text, limit }).hits.map(({ row }) => row.name);
}
