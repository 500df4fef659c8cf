// Tokens that the registry gives for a short time: JWTs under the service's own Ed25519 key (RFC 7519, RFC 8037).
import { createPrivateKey, createPublicKey, randomUUID, sign, verify } from 'node:crypto';
import { isJsonObject, type JsonValue, parseJson } from '../core/json.ts';
import { encodePkcs8 } from '../signing/der.ts';

/** What one is good for: no more than its bearer may do anyway. */
export type ShortTokenClaims = {
  /** The account, for logs; `anonymous` for nobody. */
  account: string;
  /** Hash of the token that it was given for, which must still be good; undefined for nobody's. */
  token: string | undefined;
  access: { repository: string; actions: string[] }[];
};

export type ShortTokens = {
  issue(claims: ShortTokenClaims): { text: string; issuedAt: Date; lifetimeSeconds: number };
  /** The claims of a token of ours that is not over; undefined for any other text. */
  read(text: string): ShortTokenClaims | undefined;
};

const lifetimeSeconds = 15 * 60;
/** Clocks of replicas differ. */
const leewaySeconds = 60;
const textLengthMax = 8 * 1024;
const audience = 'vitte-registry';

/** Tokens under the key of this seed of 32 bytes, which every replica has. `kid` names the key to others. */
export function createShortTokens(
  { seed, kid }: { seed: Uint8Array; kid: string },
  now: () => number = Date.now,
): ShortTokens {
  const secret = createPrivateKey({ key: encodePkcs8(seed), format: 'der', type: 'pkcs8' });
  const known = createPublicKey(secret);
  const head = encode({ alg: 'EdDSA', kid, typ: 'JWT' });

  return {
    issue({ account, token, access }) {
      const issuedAt = Math.floor(now() / 1000);
      const body = encode({
        iss: audience,
        aud: audience,
        sub: account,
        iat: issuedAt,
        exp: issuedAt + lifetimeSeconds,
        jti: randomUUID(),
        access: access.map(({ repository, actions }) => ({
          type: 'repository',
          name: repository,
          actions,
        })),
        ...(token === undefined ? {} : { tok: token }),
      });
      const signature = sign(null, Buffer.from(`${head}.${body}`), secret).toString('base64url');
      const text = `${head}.${body}.${signature}`;
      return { text, issuedAt: new Date(issuedAt * 1000), lifetimeSeconds };
    },

    read(text) {
      const [first, body, signature, ...others] =
        text.length <= textLengthMax ? text.split('.') : [];
      // The very header that is written here: nobody else says what algorithm or key it is to be checked with.
      if (first !== head || !body || !signature || others.length > 0) return undefined;
      const bytes = Buffer.from(signature, 'base64url');
      if (!verify(null, Buffer.from(`${head}.${body}`), known, bytes)) return undefined;
      return claimsOf(parseJson(Buffer.from(body, 'base64url'), 'a token'), now() / 1000);
    },
  };
}

/** The claims, which we wrote ourselves, unless they are for another time or place. */
function claimsOf(value: JsonValue, now: number): ShortTokenClaims | undefined {
  if (!isJsonObject(value) || value.aud !== audience) return undefined;
  const { exp, iat, sub, tok, access } = value;
  if (!(Number(exp) > now - leewaySeconds) || !(Number(iat) < now + leewaySeconds))
    return undefined;
  const grants = access as { name: string; actions: string[] }[];
  return {
    account: String(sub),
    token: typeof tok === 'string' ? tok : undefined,
    access: grants.map(({ name, actions }) => ({ repository: name, actions })),
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
