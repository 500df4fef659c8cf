import type { Digest } from '../core/digest.ts';
import type { PackageName } from '../core/name.ts';
import type { Version } from '../core/version.ts';

/** Every kind of disagreement between store, journal and index; those that can be mended say how. */
export const findingKinds = {
  /** A batch of the chain, or its entries, can't be read: nothing behind it can be told. */
  'journal-unreadable': undefined,
  /** A term was opened and holds no batch yet: only an opening tells where the journal ends. */
  'journal-undecided': 'journal',
  /** An entry of a batch beside the chain, which may have been answered, and which the chain lacks. */
  'entry-lost': 'journal',
  /** The same where the chain has another version under that name: it is void. */
  'entry-contradicts': undefined,
  /** A batch of the chain is reached by its digest alone: a collector of what has no tag would take it. */
  'batch-tag-missing': 'tags',
  'tag-missing': 'tags',
  'tag-elsewhere': 'tags',
  /** A version in the repository that the journal does not know. */
  'tag-foreign': undefined,
  'referrer-tag-missing': 'tags',
  // Mended where it is a manifest or a document (`mendingOf`): both are made again from the facts.
  'content-missing': 'content',
  'content-damaged': 'content',
  'index-behind': 'index',
  /** The index is at a place that is not on the chain. */
  'index-elsewhere': 'index',
  'index-registry': 'index',
  'index-feed': 'index',
  'index-token': 'index',
  'index-package': 'index',
  'index-extra': 'index',
  'index-dependents': 'index',
  'snapshot-unreadable': 'snapshots',
  'snapshot-differs': 'snapshots',
  /** The snapshot of a package is gone, is another's, or says something else. */
  'state-differs': 'snapshots',
} as const satisfies Record<string, Mending | undefined>;

/**
 * What mends a finding: a manifest or document made again, an entry in the journal, a tag, an index made anew,
 * snapshots written anew.
 */
export type Mending = 'content' | 'journal' | 'tags' | 'index' | 'snapshots';
export type FindingKind = keyof typeof findingKinds;

export type Finding = {
  kind: FindingKind;
  package?: PackageName;
  version?: Version;
  tag?: string;
  digest?: Digest;
  /** Number of an entry; of one beside the chain, the number that it had there. */
  entry?: number;
  /** What is missing, or where two things differ: for people. */
  detail?: string;
};

/** What may mend this finding; undefined where nothing here can. */
export function mendingOf({ kind, detail }: Finding): Mending | undefined {
  const mending = findingKinds[kind];
  // An archive, a README and a signature are nowhere else.
  return mending === 'content' && detail !== 'manifest' && detail !== 'document'
    ? undefined
    : mending;
}

/** Findings that are kept; more are counted. */
export const findingsMax = 10_000;

export type Findings = {
  add(finding: Finding): void;
  list(): readonly Finding[];
  /** How many there were, kept or not. */
  count(): number;
};

/** An empty list, each kind of finding together, in the order in which they came. */
export function createFindings(): Findings {
  const findings: Finding[] = [];
  let count = 0;
  return {
    add(finding) {
      count += 1;
      if (findings.length < findingsMax) findings.push(finding);
    },
    list: () => findings,
    count: () => count,
  };
}
