import type { UseCases } from '../api/use-cases.ts';
import type { VitteError } from '../core/errors.ts';

/** What composition makes: the use cases with their parts inside. */
export type Composed = {
  useCases: UseCases;
  /** Resolves where nothing may be served any more, with what the operator must know. */
  fatal?: Promise<VitteError>;
  /** Ends what runs in the background and lets go of the store. */
  close(): Promise<void>;
  /** Where this was the first start of an empty store: the administrator's token, for the one who started it. */
  firstStart?: { token: string };
};
