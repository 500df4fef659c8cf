import type { CheckName, CheckStatus, Finding } from '../../oci/probe/check.ts';

type Facts<F extends Finding['finding']> = Extract<Finding, { finding: F }>;

/** A sentence for everything that a probe can find. `said` is what the storage answered, or why it was not asked. */
export type FindingTexts = {
  [F in Finding['finding']]: (
    facts: Facts<F>,
    words: { said: string; size: (bytes: number) => string },
  ) => string;
};

export type DoctorMessages = {
  checks: Record<CheckName, string>;
  statuses: Record<CheckStatus, string>;
  findings: FindingTexts;
  table: { check: string; result: string; detail: string };
  trying: (check: string) => string;
  fit: string;
  fitWithout: (count: number) => string;
  unfit: (checks: string) => string;
  unfitHelp: string;
  leftovers: (left: {
    repository: string;
    tags: number;
    manifests: number;
    blobs: number;
  }) => string;
};

export const englishDoctor: DoctorMessages = {
  checks: {
    reach: 'reach',
    auth: 'credentials',
    push: 'push',
    chunks: 'streamed upload',
    read: 'read',
    referrers: 'referrers',
    overwrite: 'moving a tag',
    'new-tags': 'new tags',
    'overwritten-tags': 'moved tags',
    tags: 'list of tags',
    delete: 'deletion',
  },
  statuses: {
    ok: 'ok',
    slower: 'slower',
    missing: 'missing',
    failed: 'FAILED',
    skipped: 'not tried',
  },
  findings: {
    reached: () => 'it answers',
    folder: () => 'a folder on this machine',
    denied: (_, { said }) => `it refuses these credentials, so nothing can be published: ${said}`,
    'no-credentials': () => 'it takes what is pushed without credentials',
    credentials: () => 'by user name and password',
    token: () => 'by tokens of its token service',
    pushed: () => 'a blob, a manifest and a tag are kept',
    'known-types-only': () =>
      'it takes no artifact types but those that it knows: packages pass for images there (profile 2), and other tools do not see what they are',
    'no-repository': ({ repository }) =>
      `it makes no repository by itself: make ${repository} there for this, and later one for each package (or set storage-encoding to single)`,
    'one-piece': ({ bytes }, { size }) => `${size(bytes)} in one piece`,
    pieces: ({ bytes, pieces }, { size }) =>
      `${size(bytes)} go in ${pieces} pieces: publishing large packages takes more requests`,
    'too-large': ({ bytes, taken }, { size, said }) =>
      `it takes ${size(taken)} and not ${size(bytes)}, so larger packages cannot be published (is there a limit in a proxy before it?): ${said}`,
    ranges: ({ redirect }) =>
      `whole and in part, so downloads that break go on where they were${from(redirect)}`,
    'no-ranges': ({ redirect }) =>
      `only whole: a download that breaks begins anew${from(redirect)}`,
    'referrers-api': () => 'by the Referrers API',
    'fallback-tag': () =>
      'it has no Referrers API: each signature takes three more requests and a tag of its own',
    'referrer-lost': () =>
      'what refers to a package is kept and not listed: this registry finds signatures all the same, cosign and oras do not find them there',
    overwritten: ({ requestMs }) =>
      `a tag that was moved names the new manifest; about ${requestMs} ms a request, of which a signed publish takes 16`,
    'not-overwritten': () =>
      'a tag that was moved still names the old manifest, and the journal moves tags',
    'read-back': ({ count, apart }) =>
      `${count}, each read back at once as written${apart ? ', over another connection' : ''}`,
    stale: ({ count, stale }) =>
      `${stale} of ${count} were not read back as they had been written: replicas would not see what others did`,
    listed: ({ count, pages }) => `all ${count}, in ${pages} ${pages === 1 ? 'page' : 'pages'}`,
    'not-listed': ({ count, lost }) =>
      `${lost} of ${count} are not in the list, and the journal finds its place by it`,
    deletes: () => 'manifests, and tags alone',
    'deletes-manifests': () =>
      'manifests alone: a tag is taken away by way of a placeholder, with some requests more',
    'delete-refused': (_, { said }) =>
      `nothing is deleted: what is taken down stays in the storage, and tags of the journal gather there: ${said}`,
    'delete-ignored': () =>
      'it says that it deletes, and does not: what is taken down stays in the storage',
    error: (_, { said }) => said,
    late: () => 'not done in time',
    'not-tried': (_, { said }) => `not tried, since this failed: ${said}`,
  },
  table: { check: 'CHECK', result: 'RESULT', detail: 'DETAIL' },
  trying: (check) => `trying: ${check}`,
  fit: 'this storage has everything that a registry needs',
  fitWithout: (count) =>
    `this storage has what a registry needs; ${count === 1 ? 'one thing is' : `${count} things are`} slower or missing`,
  unfit: (checks) => `this storage cannot hold a registry: ${checks}`,
  unfitHelp: 'the table says what went wrong; see the settings of the storage, or take another one',
  leftovers: ({ repository, tags, manifests, blobs }) =>
    `could not be deleted in ${repository}: ${tags} tags, ${manifests} manifests, ${blobs} blobs; delete that repository when you like`,
};

function from(host: string | undefined): string {
  return host === undefined ? '' : `; they come from ${host}`;
}
