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
  /** What is read of the body of an error. */
  errorBodyBytesMax: number;
  /** Content to push that is at most this large is held in memory, so that each try can send it. */
  bufferedPushBytesMax: number;
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
  errorBodyBytesMax: 8 * 1024,
  bufferedPushBytesMax: 1024 * 1024,
};
