import type { UseCases } from '../api/use-cases.ts';
import type { V2Parts } from '../api/v2/parts.ts';
import type { VitteError } from '../core/errors.ts';
import type { FeedTail } from '../sync/feed-tail.ts';

/** What composition makes: the use cases with their parts inside. */
export type Composed = {
  useCases: UseCases;
  /** The end of the feed, so that answers can be kept until something changes. */
  tail?: FeedTail;
  /** What serves `/v2/`. */
  v2?: V2Parts;
  /** Resolves where nothing may be served any more, with what the operator must know. */
  fatal?: Promise<VitteError>;
  /** Ends what runs in the background and lets go of the store. */
  close(): Promise<void>;
  /** Where this was the first start of an empty store: the administrator's token, for the one who started it. */
  firstStart?: { token: string };
};
