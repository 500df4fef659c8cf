/** A signal that follows another one late, and what lets go of both. */
export type PatientSignal = { signal: AbortSignal; done(): void };

/**
 * A signal that aborts `patienceMs` after another one did, with its reason. A request that sends a part of an upload is
 * given this time to end: docker-registry can't delete an upload whose PATCH was cut.
 */
export function patientSignal(
  impatient: AbortSignal | undefined,
  patienceMs: number,
): PatientSignal {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer ??= setTimeout(() => late.abort(impatient?.reason), patienceMs);
  };
  if (impatient?.aborted) onAbort();
  impatient?.addEventListener('abort', onAbort);
  return {
    signal: late.signal,
    done() {
      clearTimeout(timer);
      impatient?.removeEventListener('abort', onAbort);
    },
  };
}
