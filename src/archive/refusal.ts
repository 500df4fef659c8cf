import { type ErrorCode, VitteError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';

/** What to do about an archive of another form. */
export const archiveHelp = 'make the archive with: vitte package pack';

/**
 * The error for an archive that is not of the canonical form. `entry` is the path of the entry at fault, absent
 * where the fault is the whole archive's; `why` goes on where the name, or "the archive", stops.
 */
export function refusal(
  code: ErrorCode,
  entry: string | undefined,
  why: string,
  options: { cause?: unknown; data?: JsonObject; help?: string } = {},
): VitteError {
  const data = { ...options.data, ...(entry === undefined ? {} : { entry }) };
  return new VitteError(code, `${entry === undefined ? 'the archive' : printable(entry)} ${why}`, {
    help: options.help ?? archiveHelp,
    ...(Object.keys(data).length === 0 ? {} : { data }),
    ...(options.cause === undefined ? {} : { cause: options.cause }),
  });
}

/** A name from an archive or a folder, quoted, with nothing in it that could steer a terminal or forge a line. */
export function printable(name: string): string {
  return JSON.stringify(name.length > 300 ? `${name.slice(0, 300)}…` : name).replace(
    /[\x7f-\x9f\u2028\u2029]|\p{Cf}|\p{Co}/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
