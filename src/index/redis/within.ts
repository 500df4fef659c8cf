/** Waits for a promise that does not fail, so long at most. */
export async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, ms);
  await Promise.race([promise, limit.promise]);
  clearTimeout(timer);
}
