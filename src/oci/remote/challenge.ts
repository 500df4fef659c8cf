/** One challenge of a `WWW-Authenticate` field: scheme and parameter names are in lower case. */
export type Challenge = { scheme: string; parameters: ReadonlyMap<string, string> };

/** What is read of one answer's fields together. A challenge is some hundred characters long. */
const fieldLengthMax = 16 * 1024;

const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const blanks = /[ \t]*/y;
/** `Negotiate` and the like carry one bare value. */
const token68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const quoted = /"((?:[^"\\]|\\.)*)"/y;
/** Parameters may come unquoted with characters that no token has: zot and some proxies send URLs so. */
const bare = /[^\s,"]+/y;

/**
 * Reads the challenges of one or several `WWW-Authenticate` fields, in their order. Schemes are case-insensitive,
 * values may be quoted or not, several challenges may share a field. Reading of a field ends where it makes no sense.
 * https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function parseChallenges(fields: readonly string[]): Challenge[] {
  const found: Challenge[] = [];
  let budget = fieldLengthMax;
  for (const field of fields) {
    if (field.length > budget) break;
    budget -= field.length;
    readField(field, found);
  }
  return found;
}

function readField(field: string, found: Challenge[]) {
  let at = 0;
  let parameters: Map<string, string> | undefined;

  function take(form: RegExp): string | undefined {
    form.lastIndex = at;
    const match = form.exec(field);
    if (!match) return undefined;
    at = form.lastIndex;
    return match[1] ?? match[0];
  }

  while (at < field.length) {
    take(blanks);
    if (field[at] === ',') {
      at += 1;
      continue;
    }
    const name = take(token)?.toLowerCase();
    if (name === undefined) return;
    const afterName = at;
    take(blanks);
    if (parameters && field[at] === '=') {
      at += 1;
      take(blanks);
      const text = take(quoted)?.replace(/\\(.)/g, '$1') ?? take(bare);
      if (text === undefined) return;
      // The first of two is taken: a second one could only be meant to mislead.
      if (!parameters.has(name)) parameters.set(name, text);
      continue;
    }
    // What is no parameter begins the next challenge; a blank or the end follows its scheme.
    if (at === afterName && at < field.length && field[at] !== ',') return;
    parameters = new Map();
    found.push({ scheme: name, parameters });
    take(token68);
  }
}
