import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { VitteError } from '../core/errors.ts';

const settingsFileBytesMax = 64 * 1024;

/** The settings of a TOML file, as text. Throws PKG_E_CONFIG, with `where` naming what asked for the file. */
export function readTomlSettings(path: string, where: string): Record<string, string> {
  let table: Record<string, unknown>;
  try {
    const bytes = readFileSync(path);
    if (bytes.length > settingsFileBytesMax)
      throw new Error(`is over ${settingsFileBytesMax} bytes`);
    table = parse(bytes.toString('utf8'));
  } catch (cause) {
    // The parser shows the line it stopped at over several lines; the first says what is wrong.
    const why = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0];
    throw new VitteError('PKG_E_CONFIG', `${where}: ${path} can not be read: ${why}`, { cause });
  }
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, text(key, value)]));

  function text(key: string, value: unknown): string {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
    throw new VitteError('PKG_E_CONFIG', `${path}: ${key} is neither a text nor a whole number`);
  }
}
