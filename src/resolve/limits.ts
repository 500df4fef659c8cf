/** What a resolution may use. Beyond any of these it ends with PKG_E_RESOLVE_LIMIT. */
export type ResolveLimits = {
  /** What the engine looked at and wrote, alike on every machine; some 30 million take a second. */
  stepsMax: number;
  /** Time of the search, waiting for the provider included. */
  timeMs: number;
  /** Packages asked of the provider. */
  packagesMax: number;
  /** Versions of one package. */
  versionsMax: number;
  /** 32-bit words that the learned incompatibilities and their sets of versions take. */
  wordsMax: number;
};

export const resolveLimits: ResolveLimits = {
  stepsMax: 100_000_000,
  timeMs: 10_000,
  packagesMax: 50_000,
  versionsMax: 20_000,
  wordsMax: 64 * 1024 * 1024,
};

/** Rows of one request: its requirements, overrides and locked versions each. */
export const requestRowsMax = 10_000;
/** Names asked of the provider in one call. */
export const providerNamesMax = 500;
/** Lines of an explanation; of a longer one the beginning and the end are kept. */
export const explanationLinesMax = 60;
/** Ranges of versions that one statement of an explanation names; of more their number is told. */
export const explanationRangesMax = 24;
/** Changes tried for suggestions, the time for all of them, and those told. */
export const suggestionTriesMax = 24;
export const suggestionsTimeMs = 5_000;
export const suggestionsMax = 5;

/** What a request may say (port.ts). */
export const resolveModes = ['unify', 'multi'] as const;
export const resolvePreferences = ['highest', 'minimal', 'locked'] as const;
/** Ten years. */
export const minimumAgeSecondsMax = 315_360_000;
/** Characters of a target, a feature, a time. */
export const textLengthMax = 1_000;
