// Base58 with Bitcoin's alphabet, no checksum: the form Solana's tools use for Ed25519 keys.

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const form = /^[1-9A-HJ-NP-Za-km-z]+$/;

/** Longest text read. The work grows with its square; 64 bytes make at most 88 characters. */
const textLengthMax = 128;

/** Encodes a few bytes (keys). Each leading zero byte is one leading `1`. */
export function encodeBase58(bytes: Uint8Array): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
  let text = '';
  while (rest > 0n) {
    text = alphabet.charAt(Number(rest % 58n)) + text;
    rest /= 58n;
  }
  return '1'.repeat(leadingZeros(bytes)) + text;
}

/** Decodes base58 of at most 128 characters, or gives undefined. */
export function decodeBase58(text: string): Buffer | undefined {
  if (text.length > textLengthMax || !form.test(text)) return undefined;
  let value = 0n;
  for (const character of text) value = value * 58n + BigInt(alphabet.indexOf(character));
  const hex = value === 0n ? '' : value.toString(16);
  const zeros = text.length - text.replace(/^1+/, '').length;
  return Buffer.concat([
    Buffer.alloc(zeros),
    Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'),
  ]);
}

function leadingZeros(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? bytes.length : first;
}
