const waitMsMax = 15_000;
const pollMs = 25;

/** Waits until something holds; throws when it does not within 15 s. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + waitMsMax;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${waitMsMax} ms: ${holds}`);
    await new Promise((done) => setTimeout(done, pollMs));
  }
}
