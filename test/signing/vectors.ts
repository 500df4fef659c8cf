// The published vectors of spec/vectors/signing, made with other implementations (spec/signing.md says which).
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import type { Digest } from '../../src/core/digest.ts';
import { type ErrorCode, VitteError } from '../../src/core/errors.ts';
import type { ExportFormat } from '../../src/signing/key-formats.ts';

type TextForms = { pem: string; derBase64: string; base58: string; openssh: string };

export const keyVectors =
  load<
    {
      name: string;
      seed: string;
      public: string;
      kid: string;
      publicForms: TextForms;
      secretForms: TextForms;
      keyFile: string;
      publicKeyFile: string;
    }[]
  >('keys.json');

export const encryptedKeyVector = load<{
  seed: string;
  passphrase: string;
  samePassphraseDecomposed: string;
  keyFile: string;
}>('encrypted-key.json');

export const versionVectors =
  load<
    {
      name: string;
      seed: string;
      manifest: { mediaType: string; digest: Digest; size: number };
      statement: string;
      preAuthenticationEncoding: string;
      signature: string;
      bundle: string;
      bundleDigest: string;
      referrer: string;
      referrerDigest: string;
      bundleFile: string;
      approves: boolean;
    }[]
  >('version-signatures.json');

export const fileVectors =
  load<{ name: string; seed: string; messageBase64: string; bundle: string }[]>(
    'file-signatures.json',
  );

export const ed25519Vectors = load<{
  rfc8032: { seed: string; public: string; message: string; signature: string }[];
  strict: { why: string; public: string; message: string; signature: string; accept: boolean }[];
}>('ed25519.json');

export function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

/** The bytes of a vector's form. */
export function formBytes(forms: TextForms, format: ExportFormat): Buffer {
  return format === 'der' ? Buffer.from(forms.derBase64, 'base64') : Buffer.from(forms[format]);
}

/** Runs `action`, demands a VitteError with this code, and gives its message. */
export function refusal(code: ErrorCode, action: () => unknown, label = 'it'): string {
  try {
    action();
  } catch (error) {
    if (!(error instanceof VitteError)) throw error;
    assert.is(error.code, code, `${label}: ${error.message}`);
    return error.message;
  }
  return assert.unreachable(`${label} was accepted`) as never;
}

/** The same for a promise. */
export async function rejection(code: ErrorCode, promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return refusal(code, () => {
    if (error !== undefined) throw error;
  });
}

function load<T>(name: string): T {
  const url = new URL(`../../spec/vectors/signing/${name}`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as T;
}
