/** The steps of a publish, in order: the one list, which the tests of sudden death walk. */
export const publishSteps = [
  'stage archive',
  'check',
  'push archive',
  'push config',
  'push readme',
  'push manifest',
  'push bundles',
  'queue',
  'open term',
  'write batch',
  'fence',
  'apply',
  'tag version',
  'tag referrers',
] as const;
export type PublishStep = (typeof publishSteps)[number];

/** Told before and after each step. */
export type StepObserver = (step: PublishStep, when: 'before' | 'after') => void;

/** Runs one step under the observer. */
export async function atStep<T>(
  observe: StepObserver | undefined,
  step: PublishStep,
  run: () => Promise<T>,
): Promise<T> {
  observe?.(step, 'before');
  const result = await run();
  observe?.(step, 'after');
  return result;
}
