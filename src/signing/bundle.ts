// Sigstore bundles v0.3 in the two shapes that Vitte makes. spec/signing.md, "Bundles".
// https://github.com/sigstore/protobuf-specs/blob/v0.5.1/protos/sigstore_bundle.proto
import { type Digest, sha256, sha256Hex } from '../core/digest.ts';
import { isVitteError, VitteError } from '../core/errors.ts';
import { canonicalBytes, isJsonObject, type JsonObject, parseJson } from '../core/json.ts';
import { bundleBytesMax } from '../core/limits.ts';
import { mediaTypes } from '../core/media-types.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { type Kid, type PublicKey, spkiOf } from './keys.ts';
import { formatSignerKey, parseSignerKey } from './signer-key.ts';
import { parseStatement, type Statement } from './statement.ts';
import { signatureBytes } from './verify.ts';

type Common = {
  /** The bundle as it was read. */
  bytes: Uint8Array;
  /** Of these bytes; the journal names a bundle by it. */
  digest: Digest;
  /** Which key the bundle says it is by. Nothing is verified yet. */
  kid: Kid;
  /** Lowercase hex of the SHA-256 of that key's SPKI DER. */
  keySha256: string;
  signature: Uint8Array;
};

/** A statement on a version: the layer of a signature's referrer. */
export type VersionBundle = Common & {
  content: 'dsse';
  payload: Uint8Array;
  statement: Statement;
};

/** A signature of a file's bytes: what `FILE.sig` holds. */
export type MessageBundle = Common & {
  content: 'message';
  /** Lowercase hex of the SHA-256 of the file, as the bundle states it. */
  messageSha256: string;
  /** The key itself, where the hint holds it. It proves nothing: trust decides. */
  key: PublicKey | undefined;
};

export type ParsedBundle = VersionBundle | MessageBundle;

/**
 * Parses a bundle: at most 64 KiB (else PKG_E_SIGNATURE_LIMIT); exactly the members that Vitte writes, any JSON
 * layout (else PKG_E_SIGNATURE_FORMAT, the message naming the member). It verifies no signature.
 */
export function parseBundle(bytes: Uint8Array): ParsedBundle {
  if (bytes.length > bundleBytesMax) {
    throw new VitteError('PKG_E_SIGNATURE_LIMIT', `a bundle has at most ${bundleBytesMax} bytes`);
  }
  const bundle = membersOf(
    parsed(() => parseJson(bytes, 'the bundle')),
    'the bundle',
    ['mediaType', 'verificationMaterial', '?dsseEnvelope', '?messageSignature'],
  );
  if (bundle.mediaType !== mediaTypes.sigstoreBundle) {
    throw formatError(`mediaType must be ${mediaTypes.sigstoreBundle}`);
  }
  const material = membersOf(bundle.verificationMaterial, 'verificationMaterial', ['publicKey']);
  const { hint } = membersOf(material.publicKey, 'publicKey', ['hint']);
  const { dsseEnvelope, messageSignature } = bundle;
  if ((dsseEnvelope === undefined) === (messageSignature === undefined)) {
    throw formatError('it must hold either a dsseEnvelope or a messageSignature');
  }
  const common = { bytes, digest: sha256(bytes) };
  return messageSignature === undefined
    ? { ...common, ...hashHint(hint), ...parseEnvelope(dsseEnvelope) }
    : { ...common, ...keyHint(hint), ...parseMessageSignature(messageSignature) };
}

/** The bytes of a version's bundle: canonical JSON. The hint is the SHA-256 of the key's SPKI DER. */
export function versionBundleBytes(key: PublicKey, payload: Uint8Array, signature: Uint8Array) {
  return canonicalBytes({
    mediaType: mediaTypes.sigstoreBundle,
    verificationMaterial: {
      publicKey: { hint: Buffer.from(sha256Hex(spkiOf(key)), 'hex').toString('base64') },
    },
    dsseEnvelope: {
      payload: encodeBase64(payload),
      payloadType: mediaTypes.inToto,
      signatures: [{ sig: encodeBase64(signature) }],
    },
  });
}

/**
 * The bytes of a file's bundle: canonical JSON. The hint is the key's SPKI DER itself, so that the file says
 * whose it is; Sigstore leaves the form of a hint to its writer, and cosign takes its key from --key.
 */
export function messageBundleBytes(key: PublicKey, messageSha256: string, signature: Uint8Array) {
  return canonicalBytes({
    mediaType: mediaTypes.sigstoreBundle,
    verificationMaterial: { publicKey: { hint: formatSignerKey(key) } },
    messageSignature: {
      messageDigest: {
        algorithm: 'SHA2_256',
        digest: Buffer.from(messageSha256, 'hex').toString('base64'),
      },
      signature: encodeBase64(signature),
    },
  });
}

/** Throws PKG_E_SIGNATURE_INVALID where the bundle says that it is by another key. */
export function checkKeyOf(bundle: ParsedBundle, key: PublicKey) {
  if (sha256Hex(spkiOf(key)) !== bundle.keySha256) {
    throw new VitteError(
      'PKG_E_SIGNATURE_INVALID',
      `the signature is by the key ${bundle.kid}, not by ${key.kid}`,
    );
  }
}

/** The error of everything that can't be read as a bundle. */
export function formatError(message: string, cause?: unknown): VitteError {
  return new VitteError('PKG_E_SIGNATURE_FORMAT', `not a signature bundle: ${message}`, {
    ...(cause === undefined ? {} : { cause }),
  });
}

function parseEnvelope(value: unknown) {
  const envelope = membersOf(value, 'dsseEnvelope', ['payload', 'payloadType', 'signatures']);
  if (envelope.payloadType !== mediaTypes.inToto) {
    throw formatError(`payloadType must be ${mediaTypes.inToto}`);
  }
  const { signatures } = envelope;
  if (!Array.isArray(signatures) || signatures.length !== 1) {
    throw formatError('dsseEnvelope must have exactly one signature');
  }
  const { sig } = membersOf(signatures[0], 'signatures[0]', ['sig']);
  const payload = bytesOf(envelope.payload, 'payload');
  const statement = parsed(() => parseStatement(payload));
  if (typeof statement === 'string') throw formatError(statement);
  const signature = bytesOf(sig, 'sig', signatureBytes);
  return { content: 'dsse' as const, payload, statement, signature };
}

function parseMessageSignature(value: unknown) {
  const message = membersOf(value, 'messageSignature', ['messageDigest', 'signature']);
  const digest = membersOf(message.messageDigest, 'messageDigest', ['algorithm', 'digest']);
  if (digest.algorithm !== 'SHA2_256') throw formatError('the algorithm must be SHA2_256');
  return {
    content: 'message' as const,
    messageSha256: bytesOf(digest.digest, 'digest', 32).toString('hex'),
    signature: bytesOf(message.signature, 'signature', signatureBytes),
  };
}

function hashHint(value: unknown): { kid: Kid; keySha256: string } {
  const keySha256 = bytesOf(value, 'hint', 32).toString('hex');
  return { kid: keySha256.slice(0, 32) as Kid, keySha256 };
}

/** A file's hint may also be the hash alone, as other tools write it. */
function keyHint(value: unknown): ReturnType<typeof hashHint> & { key: PublicKey | undefined } {
  if (typeof value !== 'string' || value.length !== 60) {
    return { ...hashHint(value), key: undefined };
  }
  try {
    const key = parseSignerKey(value);
    return { kid: key.kid, keySha256: sha256Hex(spkiOf(key)), key };
  } catch (cause) {
    throw formatError('hint holds no Ed25519 key', cause);
  }
}

/** The members of an object that has these and no others; `?` marks those that may be absent. */
function membersOf(value: unknown, what: string, names: string[]): JsonObject {
  if (!isJsonObject(value)) throw formatError(`${what} must be an object`);
  const known = names.map((name) => name.replace('?', ''));
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    throw formatError(`${what} has the unknown member ${JSON.stringify(name.slice(0, 40))}`);
  }
  for (const name of names) {
    if (!name.startsWith('?') && !Object.hasOwn(value, name)) {
      throw formatError(`${what} has no member "${name}"`);
    }
  }
  return value;
}

function bytesOf(value: unknown, what: string, length?: number): Buffer {
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined;
  if (!bytes || (length !== undefined && bytes.length !== length)) {
    throw formatError(`${what} must be base64${length === undefined ? '' : ` of ${length} bytes`}`);
  }
  return bytes;
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!isVitteError(cause)) throw cause;
    throw formatError(cause.message, cause);
  }
}
