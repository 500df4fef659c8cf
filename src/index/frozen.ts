/**
 * A copy of a JSON value that nobody can change, neither who gave the original nor who is given the copy.
 * Members that are undefined are left out, as in an index beyond a wire.
 */
export function frozenCopy<T>(value: T): T {
  return freeze(JSON.parse(JSON.stringify(value))) as T;
}

function freeze(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) freeze(member);
    Object.freeze(value);
  }
  return value;
}
