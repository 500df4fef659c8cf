// The in-toto Statement v1 that a version's signature signs, within a DSSE envelope.
// https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
// https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md
import { type Digest, hexOf } from '../core/digest.ts';
import { canonicalBytes, isJsonObject, type JsonValue, parseJson } from '../core/json.ts';

/** The one predicate type that approves a version. All others only say something about it. */
export const approvalPredicateType = 'https://sigstore.dev/cosign/sign/v1';

export type Statement = {
  predicateType: string;
  /** Lowercase hex; a subject that states no SHA-256 is left out. */
  subjects: string[];
};

const statementType = 'https://in-toto.io/Statement/v1';
const subjectsMax = 16;
/** Printable ASCII without space, as URIs are: it is shown to people and put into an annotation. */
const typeUri = /^[\x21-\x7e]{1,256}$/;

/** The bytes that approve the version with this manifest: canonical JSON, nothing in them but the digest. */
export function approvalStatement(manifest: Digest): Buffer {
  return canonicalBytes({
    _type: statementType,
    subject: [{ name: '', digest: { sha256: hexOf(manifest) } }],
    predicateType: approvalPredicateType,
    predicate: {},
  });
}

/**
 * Reads a statement, taking from it what decides; unknown members are passed over, as in-toto demands. Gives
 * a sentence on what is wrong instead. Throws PKG_E_DOCUMENT for what is not JSON.
 */
export function parseStatement(payload: Uint8Array): Statement | string {
  const value = parseJson(payload, 'the statement');
  if (!isJsonObject(value) || value._type !== statementType) {
    return `the payload is not an in-toto statement (${statementType})`;
  }
  const { predicateType, subject } = value;
  if (typeof predicateType !== 'string' || !typeUri.test(predicateType)) {
    return 'the predicateType must be a URI of at most 256 characters';
  }
  if (!Array.isArray(subject) || subject.length === 0 || subject.length > subjectsMax) {
    return `the statement must have 1 to ${subjectsMax} subjects`;
  }
  const digests = subject.map(sha256Of);
  if (digests.includes(undefined)) return 'a subject of the statement has no well-formed digest';
  return { predicateType, subjects: digests.filter((hex) => typeof hex === 'string') };
}

/** The DSSE pre-authentication encoding: the bytes that are signed. */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** The subject's SHA-256, null where it states only others, undefined where it is malformed. */
function sha256Of(subject: JsonValue): string | null | undefined {
  if (!isJsonObject(subject) || !isJsonObject(subject.digest)) return undefined;
  const { sha256 } = subject.digest;
  if (sha256 === undefined) return Object.keys(subject.digest).length > 0 ? null : undefined;
  return typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : undefined;
}
