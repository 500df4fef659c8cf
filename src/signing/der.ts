// The two DER forms of an Ed25519 key. https://www.rfc-editor.org/rfc/rfc8410

/** Every SubjectPublicKeyInfo of an Ed25519 key is these 12 bytes and the key. */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
/** Every PKCS#8 without attributes and public key is these 16 bytes and the seed. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

const tags = {
  integer: 0x02,
  octetString: 0x04,
  sequence: 0x30,
  attributes: 0xa0,
  publicKey: 0x81,
} as const;

const algorithm = Buffer.from('06032b6570', 'hex'); // OID 1.3.101.112, no parameters

/** The SubjectPublicKeyInfo of a public key of 32 bytes. */
export function encodeSpki(publicBytes: Uint8Array): Buffer {
  return Buffer.concat([spkiPrefix, publicBytes]);
}

/** The 32 bytes of an Ed25519 SubjectPublicKeyInfo, or undefined for anything else. */
export function decodeSpki(der: Uint8Array): Buffer | undefined {
  const bytes = Buffer.from(der);
  const fits = bytes.length === 44 && bytes.subarray(0, 12).equals(spkiPrefix);
  return fits ? bytes.subarray(12) : undefined;
}

/** PKCS#8 (version 1: the seed alone), as openssl writes it. */
export function encodePkcs8(seed: Uint8Array): Buffer {
  return Buffer.concat([pkcs8Prefix, seed]);
}

/**
 * The seed of an Ed25519 PKCS#8, and the public key where the document carries it (RFC 5958, version 2).
 * Attributes are passed over. Undefined for anything else.
 */
export function decodePkcs8(
  der: Uint8Array,
): { seed: Buffer; publicBytes: Buffer | undefined } | undefined {
  const outer = element(Buffer.from(der), tags.sequence);
  if (!outer || outer.rest.length > 0) return undefined;
  const version = element(outer.content, tags.integer);
  if (version?.content.length !== 1 || version.content[0]! > 1) return undefined;
  const identifier = element(version.rest, tags.sequence);
  if (!identifier?.content.equals(algorithm)) return undefined;
  const wrapped = element(identifier.rest, tags.octetString);
  const seed = wrapped && element(wrapped.content, tags.octetString);
  if (seed?.content.length !== 32 || seed.rest.length > 0) return undefined;

  let { rest } = wrapped!;
  rest = element(rest, tags.attributes)?.rest ?? rest;
  if (rest.length === 0) return { seed: seed.content, publicBytes: undefined };
  const bits = version.content[0] === 1 ? element(rest, tags.publicKey) : undefined;
  const whole = bits?.content.length === 33 && bits.content[0] === 0 && bits.rest.length === 0;
  return whole ? { seed: seed.content, publicBytes: bits.content.subarray(1) } : undefined;
}

/** The element with this tag at the start of `bytes`; lengths are definite, minimal and below 64 KiB. */
function element(bytes: Buffer, tag: number): { content: Buffer; rest: Buffer } | undefined {
  if (bytes[0] !== tag) return undefined;
  const first = bytes[1] ?? 0x80;
  const lengthBytes = first < 0x80 ? 0 : first - 0x80;
  if (first === 0x80 || lengthBytes > 2 || bytes.length < 2 + lengthBytes) return undefined;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  if (lengthBytes > 0 && length < (lengthBytes === 1 ? 0x80 : 0x100)) return undefined;
  const start = 2 + lengthBytes;
  if (bytes.length < start + length) return undefined;
  return {
    content: bytes.subarray(start, start + length),
    rest: bytes.subarray(start + length),
  };
}
