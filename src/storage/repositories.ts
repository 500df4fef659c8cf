import type { PackageName } from '../core/name.ts';

/** Where the journal lies, under the storage's prefix. Reserved as a package name and as a namespace. */
export const journalRepository = 'vitte-registry';
export const termsRepository = 'vitte-registry/terms';

/** The tag that names the present term, and those of the journal's batches. */
export const termTag = '_term';
export function batchTag(term: string, ordinal: number): string {
  return `_j-${term}-${ordinal}`;
}

/** What a batch's tag says, or undefined where it is none. */
export function parseBatchTag(tag: string): { term: string; ordinal: number } | undefined {
  const [, term, ordinal] = /^_j-([0-9]+-[0-9a-f]+)-(0|[1-9][0-9]{0,14})$/.exec(tag) ?? [];
  return term === undefined ? undefined : { term, ordinal: Number(ordinal) };
}

/** The tags of snapshots: of the whole index, beside the journal, and of one package, in its own repository. */
export const indexTag = '_index';
export const stateTag = '_state';

/** The tag that keeps a referrer from collectors where the registry has no Referrers API. */
export function referrerTag(digestHex: string): string {
  return `_r-${digestHex.slice(0, 32)}`;
}

/** The repository of a package, as it is before an encoding. */
export function packageRepository(name: PackageName): string {
  return name;
}
