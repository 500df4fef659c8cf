/**
 * So much of a full count as this run takes: all of it in `npm run test:long`, and one in N where the runner was given
 * `--share N`, as `npm run test:interop` does at its end.
 */
export function shareOf(count: number, least = 1): number {
  const share = Number(process.env.TEST_LONG_SHARE ?? 1);
  return Math.max(least, Math.ceil(count / share));
}
