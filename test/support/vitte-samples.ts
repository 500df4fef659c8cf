// Documents of the Vitte toolchain as they are, byte for byte, in fixtures/vitte.
import { readFileSync } from 'node:fs';
import { type JsonValue, parseJson } from '../../src/core/json.ts';

export function sample(path: string): Buffer {
  return readFileSync(new URL(`fixtures/vitte/${path}`, import.meta.url));
}

export function sampleJson(path: string): JsonValue {
  return parseJson(sample(path), path);
}
