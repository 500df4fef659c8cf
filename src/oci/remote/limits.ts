/** Every bound of the remote adapter. The defaults hold for a service; a test sets smaller ones. */
export type RemoteLimits = {
  /** Connections to one origin at a time; further requests wait for one. */
  connectionsMax: number;
  connectTimeoutMs: number;
  /** From the end of a request to the head of its answer; also for an upload that nobody reads. */
  headersTimeoutMs: number;
  /** The same for a request that makes the storage copy or hash a whole upload. */
  commitTimeoutMs: number;
  /** Between two pieces of an answer. */
  bodyIdleTimeoutMs: number;
  /** For the whole of an answer that is read into memory. */
  answerTimeoutMs: number;
  /** For all that tidies up after a failure. */
  cleanupTimeoutMs: number;

  /** Tries of one request, the first included. */
  triesMax: number;
  retryBaseMs: number;
  /** After this time since the first try no further one begins. */
  retryTotalMs: number;

  redirectsMax: number;
  /** Pages of one list. Registries give 50 to 1,000 tags a page. */
  pagesMax: number;
  /** One page of tags. docker-registry gives all tags in one: 4 MiB would end a journal at 100,000 batches. */
  tagPageBytesMax: number;
  /** Referrers of one manifest. */
  referrersMax: number;
  /** How long after it was written a fallback tag is looked at again; 0: never. */
  referrersCheckMs: number;
  /** What is read of the body of an error. */
  errorBodyBytesMax: number;
  /** Content to push that is at most this large is held in memory, so that each try can send it. */
  bufferedPushBytesMax: number;
  /**
   * A chunk of an upload, held in memory: more than the 5 MiB that ECR, and who keeps blobs in S3, want of each but the
   * last. By a PATCH of so much and untold length it is also learnt whether the registry takes such.
   */
  chunkBytes: number;
  /** Where that is refused, what GHCR takes. Where it is refused as well, a quarter, and so on. */
  chunkBytesSafe: number;
  chunkBytesMin: number;
  /** The largest chunk that a registry may demand; one that wants more gets all in one request. */
  chunkBytesMax: number;
};

export const remoteLimits: RemoteLimits = {
  connectionsMax: 128,
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 60_000,
  commitTimeoutMs: 300_000,
  bodyIdleTimeoutMs: 30_000,
  answerTimeoutMs: 60_000,
  cleanupTimeoutMs: 5_000,

  triesMax: 5,
  retryBaseMs: 250,
  retryTotalMs: 30_000,

  redirectsMax: 5,
  pagesMax: 10_000,
  tagPageBytesMax: 64 * 1024 * 1024,
  referrersMax: 100_000,
  referrersCheckMs: 10_000,
  errorBodyBytesMax: 8 * 1024,
  bufferedPushBytesMax: 1024 * 1024,
  chunkBytes: 6 * 1024 * 1024,
  chunkBytesSafe: 4 * 1024 * 1024,
  chunkBytesMin: 64 * 1024,
  chunkBytesMax: 64 * 1024 * 1024,
};
