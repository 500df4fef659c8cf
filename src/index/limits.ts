// Limits that every adapter of the index keeps. The unit stands last in each name.

export const queueItemsMax = 10_000;
/** An item that no writer took within this time is void. */
export const queueAgeMsMax = 60_000;
/** How long an outcome is kept at least, unless there are more than `outcomesMax`. */
export const outcomeAgeMsMin = 120_000;
export const outcomesMax = 100_000;
export const pageItemsMax = 1_000;
