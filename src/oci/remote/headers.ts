// Header fields that the adapter reads, and how each is read. What can't be read is undefined, as if it were absent.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md

/** Fields of an answer; names are in lower case. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Digest of the content that an answer speaks of. Optional. */
export const contentDigest = 'docker-content-digest';
/** Sent for a pushed manifest whose `subject` the registry has noted. ECR sends it without the Referrers API. */
export const ociSubject = 'oci-subject';

/** The first value of a field. */
export function headerText(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

/** Every value of a field that may come several times. */
export function headerTexts(headers: Headers, name: string): string[] {
  const value = headers[name];
  return typeof value === 'string' ? [value] : (value ?? []);
}

/** Content-Length in bytes. */
export function contentLength(headers: Headers): number | undefined {
  return wholeNumber(headerText(headers, 'content-length'));
}

/** The media type of a Content-Type, in lower case and without parameters. */
export function mediaTypeOf(headers: Headers): string | undefined {
  const type = headerText(headers, 'content-type')?.split(';')[0]?.trim().toLowerCase();
  return type === '' ? undefined : type;
}

/** What a 206 says that it holds: the first and last byte, both included, and the size of the whole. */
export function contentRange(
  headers: Headers,
): { first: number; last: number; size: number } | undefined {
  const field = headerText(headers, 'content-range') ?? '';
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/i.exec(field.trim()) ?? [];
  const numbers = [first, last, size].map(wholeNumber);
  const [from, to, whole] = numbers;
  if (from === undefined || to === undefined || whole === undefined) return undefined;
  return { first: from, last: to, size: whole };
}

/** The size of the whole that a 416 tells. */
export function unsatisfiedSize(headers: Headers): number | undefined {
  return wholeNumber(/^bytes \*\/(\d+)$/i.exec(headerText(headers, 'content-range') ?? '')?.[1]);
}

/** OCI-Chunk-Min-Length: bytes of each chunk of an upload but the last. */
export function chunkMinLength(headers: Headers): number | undefined {
  return wholeNumber(headerText(headers, 'oci-chunk-min-length'));
}

/** The `Range` of an upload, `0-LAST`, as the number of bytes that arrived. Some write it as `bytes=0-LAST`. */
export function uploadedBytes(headers: Headers): number | undefined {
  const field = headerText(headers, 'range')?.trim() ?? '';
  const last = wholeNumber(/^(?:bytes[= ])?0-(\d+)$/i.exec(field)?.[1]);
  return last === undefined ? undefined : last + 1;
}

/** Retry-After, in seconds or as a date, as milliseconds from `now`, the time of day. */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const field = headerText(headers, 'retry-after')?.trim();
  if (field === undefined) return undefined;
  const seconds = wholeNumber(field);
  if (seconds !== undefined) return seconds * 1000;
  const date = /^[A-Z][a-z]{2}/.test(field) ? Date.parse(field) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** The target of the `Link` whose relation is `next`. https://www.rfc-editor.org/rfc/rfc8288 */
export function nextLink(headers: Headers): string | undefined {
  for (const field of headerTexts(headers, 'link')) {
    for (const [, target, parameters] of field.matchAll(/<([^<>]*)>([^<]*)/g)) {
      if (/;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)/i.test(parameters ?? '')) {
        return target;
      }
    }
  }
  return undefined;
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}
