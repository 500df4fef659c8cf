/** The `code` of the error that a promise rejects with; its text where it has none; undefined when it does not reject. */
export async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  const error = await rejection(promise);
  if (error === undefined) return undefined;
  return 'code' in error ? String(error.code) : String(error);
}

/** The error that a promise rejects with; undefined when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<Error | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
