import type { Finding, FindingKind, Mending } from '../../sync/findings.ts';

/** What to do about what is left: mend it, take it in, publish it again, restore it, or look once more. */
export type DifferenceHelp = 'fix' | 'adopt' | 'content' | 'backup' | 'again';

export type UpkeepMessages = {
  /** A sentence for each kind of disagreement, the package apart. */
  findings: Record<FindingKind, (finding: Finding) => string>;
  adoptions: Record<'adopted' | 'known' | 'refused', string>;
  progress: { rebuild: string; verify: string; adopt: string };
  /** What stands behind a bar, and in a line where there is no terminal. */
  pace: (words: { perSecond: string; left: string }) => string;
  paceLine: (words: { label: string; done: string; total: string; pace: string }) => string;
  mending: Record<Mending, string>;
  clean: (packages: number) => string;
  gone: (count: number) => string;
  goneHelp: string;
  differs: (count: number) => string;
  differsHelp: Record<DifferenceHelp, string>;
  mended: (count: number) => string;
  more: (count: number) => string;
  objects: (count: number) => string;
  resumed: (entries: number) => string;
  namesNeedAdopt: string;
  noneFound: string;
  notAdopted: (count: number) => string;
  ignored: (what: string, count: number) => string;
};

const about = ({ detail }: Finding) => (detail === undefined ? '' : `: ${detail}`);

export const englishUpkeep: UpkeepMessages = {
  findings: {
    'journal-unreadable': (found) =>
      `batch ${found.digest} of the journal can not be read${about(found)}`,
    'journal-undecided': () => 'where the journal ends is told by the next writer alone',
    'entry-lost': ({ entry, detail }) =>
      `entry ${entry} (${detail}) of a batch beside the chain may have been answered, and the chain lacks it`,
    'entry-contradicts': ({ entry }) =>
      `entry ${entry} of a batch beside the chain publishes other content than the chain: it is void`,
    'batch-tag-missing': ({ tag, digest }) =>
      `the tag ${tag}, which keeps batch ${digest} of the journal from collectors, is not there`,
    'tag-missing': ({ tag }) => `the tag ${tag} is not there`,
    'tag-elsewhere': ({ tag, detail, digest }) =>
      `the tag ${tag} names ${detail}, the journal says ${digest}`,
    'tag-foreign': ({ digest }) => `${digest} lies under its tag, and the journal does not know it`,
    'referrer-tag-missing': ({ tag }) =>
      `the tag ${tag}, which keeps a signature from collectors, is not there`,
    'content-missing': ({ detail, digest }) => `the ${detail} ${digest} is gone`,
    'content-damaged': ({ detail, digest }) => `the ${detail} ${digest} is damaged`,
    'index-behind': (found) => `the index has not reached the end of the journal${about(found)}`,
    'index-elsewhere': ({ digest }) => `the index is at batch ${digest}, which is not on the chain`,
    'index-registry': () => 'the index has another registry than entry 1 of the journal',
    'index-feed': ({ entry }) => `from entry ${entry} on the feed of the index is another`,
    'index-token': ({ entry }) => `the token of entry ${entry} is not in the index`,
    'index-package': (found) => `the index has it otherwise${about(found)}`,
    'index-extra': () => 'the index has it, and the journal does not',
    'index-dependents': () => 'the index has other dependents of it',
    'snapshot-unreadable': (found) => `the snapshot _index can not be read${about(found)}`,
    'snapshot-differs': ({ entry, digest }) =>
      entry === undefined
        ? `the snapshot _index holds batch ${digest}, which is not on the chain`
        : `the snapshot _index has entry ${entry} otherwise`,
    'state-differs': (found) => `its snapshot _state is not what it should be${about(found)}`,
  },
  adoptions: { adopted: 'taken in', known: 'known', refused: 'REFUSED' },
  progress: { rebuild: 'entries', verify: 'packages', adopt: 'versions' },
  pace: ({ perSecond, left }) => `${perSecond}/s  ${left} left`,
  paceLine: ({ label, done, total, pace }) => `${label}: ${done} of ${total}, ${pace}`,
  mending: {
    content: 'making manifests and documents again',
    journal: 'journaling what the chain lacks',
    tags: 'writing tags',
    index: 'making the index anew',
    snapshots: 'writing the snapshots anew',
  },
  clean: (packages) => `store, journal and index agree on ${packages} packages`,
  gone: (count) => `${count} versions of the journal have lost their content`,
  goneHelp:
    'vitte registry verify --fix makes manifests again where snapshots have them; publishing the same archive stores it again',
  differs: (count) => (count === 1 ? '1 disagreement' : `${count} disagreements`),
  differsHelp: {
    fix: 'vitte registry verify --fix mends what can be mended',
    adopt: 'vitte registry rebuild --adopt NAME takes in what the journal does not know',
    content:
      'publish the same archive again for what is gone; what is damaged, restore from a backup of the storage',
    backup: 'restore what the storage lost from a backup',
    again: 'run it again: what changed meanwhile may have been in the way',
  },
  mended: (count) => `${count} mended`,
  more: (count) => `and ${count} more`,
  objects: (count) => `objects read: ${count}`,
  resumed: (entries) => `went on behind entry ${entries}, where it was interrupted`,
  namesNeedAdopt: 'names of packages and --from belong to --adopt',
  noneFound: 'no versions were found that the journal does not know',
  notAdopted: (count) =>
    count === 1 ? '1 version was not taken in' : `${count} versions were not taken in`,
  ignored: (what, count) => `${what}: ${count} referrers are no valid signatures of it`,
};
