import { spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { decodeBase58, encodeBase58 } from '../../src/signing/base58.ts';
import { decodeBase64 } from '../../src/signing/base64.ts';
import { encodePkcs8, encodeSpki } from '../../src/signing/der.ts';
import {
  exportFormats,
  exportPublicKey,
  exportSecretKey,
  parseKey,
} from '../../src/signing/key-formats.ts';
import { generateKey, hasSecret, keyFromSeed, publicKey } from '../../src/signing/keys.ts';
import { encodeOpensshPrivate } from '../../src/signing/openssh.ts';
import { encodePem } from '../../src/signing/pem.ts';
import { formatSignerKey, parseSignerKey } from '../../src/signing/signer-key.ts';
import { suite } from '../support/suite.ts';
import { formBytes, hex, keyVectors, refusal } from './vectors.ts';

const test = suite('key formats');

for (const vector of keyVectors) {
  for (const format of exportFormats) {
    test(`writes and reads the vector ${vector.name} as ${format}`, () => {
      const key = keyFromSeed(hex(vector.seed));
      assert.is(key.kid, vector.kid);
      const publicBytes = formBytes(vector.publicForms, format);
      assert.equal(exportPublicKey(key, format), publicBytes);
      assert.equal(parseKey(publicBytes), { key: publicKey(hex(vector.public)), format });
      const secretBytes = formBytes(vector.secretForms, format);
      assert.equal(exportSecretKey(key, format), secretBytes);
      assert.equal(parseKey(secretBytes), { key, format });
    });
  }
}

test('every form of every key comes back as it was', () => {
  const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(seeds, fc.constantFrom(...exportFormats), (seed, format) => {
      const key = keyFromSeed(seed);
      assert.equal(parseKey(exportSecretKey(key, format)).key, key);
      const read = parseKey(exportPublicKey(key, format)).key;
      assert.not(hasSecret(read));
      assert.is(read.kid, key.kid);
    }),
    { numRuns: 60 },
  );
});

test('any bytes are a key or a refusal, never another error', () => {
  const vector = keyVectors[0]!;
  const starts = exportFormats.flatMap((format) => [
    formBytes(vector.publicForms, format),
    formBytes(vector.secretForms, format),
  ]);
  const damaged = fc
    .tuple(
      fc.constantFrom(...starts),
      fc.nat(),
      fc.uint8Array({ maxLength: 4 }),
      fc.nat({ max: 4 }),
    )
    .map(([start, at, insert, drop]) => {
      const cut = at % (start.length + 1);
      return Buffer.concat([start.subarray(0, cut), insert, start.subarray(cut + drop)]);
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), damaged), (bytes) => {
      try {
        assert.is(parseKey(bytes).key.kid.length, 32);
      } catch (error) {
        refusal('PKG_E_KEY_FORMAT', () => {
          throw error;
        });
      }
    }),
    { numRuns: 500 },
  );
});

test('each damaged bit of a secret key that stands beside its public key is refused', () => {
  const key = keyFromSeed(hex(keyVectors[0]!.seed));
  const blob = encodeOpensshPrivate(key.seed, key.publicBytes, '');
  for (let place = 0; place < blob.length * 8; place += 1) {
    const bytes = Buffer.from(blob);
    bytes[place >> 3]! ^= 1 << (place & 7);
    refusal('PKG_E_KEY_FORMAT', () => parseKey(openssh(bytes)), `bit ${place}`);
  }
  const pair = Buffer.concat([key.seed, key.publicBytes]);
  for (let place = 0; place < 512; place += 7) {
    const bytes = Buffer.from(pair);
    bytes[place >> 3]! ^= 1 << (place & 7);
    refusal('PKG_E_KEY_FORMAT', () => parseKey(Buffer.from(encodeBase58(bytes))), `bit ${place}`);
  }
});

test('reads the example of RFC 8410 with attributes and public key', () => {
  const text = `-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----
`;
  const { key } = parseKey(Buffer.from(text));
  const expected = '19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1';
  assert.is(Buffer.from(key.publicBytes).toString('hex'), expected);
});

test('reads text forms with CRLF and white space around', () => {
  const vector = keyVectors[0]!;
  const texts = [
    `\n ${vector.secretForms.pem.replaceAll('\n', '\r\n')}\r\n`,
    vector.secretForms.openssh.replaceAll('\n', '\r\n'),
    ` ${vector.publicForms.base58.trim()}\r\n`,
    vector.publicForms.openssh.trim(),
    vector.publicForms.openssh.split(' ').slice(0, 2).join(' '),
    vector.publicForms.openssh.replace(/vitte:.*/, 'a comment of words'),
  ];
  for (const text of texts) assert.is(parseKey(Buffer.from(text)).key.kid, vector.kid, text);
});

test('refuses what is no Ed25519 key in a known form, each for its reason', () => {
  const key = keyFromSeed(hex(keyVectors[0]!.seed));
  const other = keyFromSeed(hex(keyVectors[1]!.seed));
  const spki = encodeSpki(key.publicBytes);
  const pkcs8 = encodePkcs8(key.seed);
  const publicLine = keyVectors[0]!.publicForms.openssh;
  const rows: [string, string | Uint8Array, RegExp][] = [
    ['empty', '', /form that Vitte reads/],
    ['not UTF-8', Buffer.from([0xff, 0xfe]), /form that Vitte reads/],
    ['prose', 'hello there', /form that Vitte reads/],
    ['base58 with 0, O, I, l', `0OIl${'1'.repeat(40)}`, /form that Vitte reads|neither/],
    ['base58 of 31 bytes', encodeBase58(Buffer.alloc(31, 1)), /form/],
    ['base58 of 33 bytes', encodeBase58(Buffer.alloc(33, 1)), /form/],
    ['base58 of a bare seed and one byte', encodeBase58(Buffer.alloc(63, 1)), /form/],
    ['very long base58', '2'.repeat(10_000), /form/],
    ['base58 pair of two keys', pairOf(key.seed, other.publicBytes), /not the secret's/],
    ['SPKI with a trailing byte', Buffer.concat([spki, Buffer.of(0)]), /neither SPKI/],
    ['SPKI cut short', spki.subarray(0, 43), /neither SPKI/],
    ['SPKI of X25519', hex(`302a300506032b656e032100${'09'.repeat(32)}`), /neither SPKI/],
    ['SPKI of a weak key', encodeSpki(Buffer.alloc(32)), /sound/],
    ['PKCS#8 with a trailing byte', Buffer.concat([pkcs8, Buffer.of(0)]), /neither SPKI/],
    ['PKCS#8 of X25519', hex(`302e020100300506032b656e04220420${'09'.repeat(32)}`), /neither/],
    ['PKCS#8 of version 2', hex(`302e020102300506032b657004220420${'09'.repeat(32)}`), /neither/],
    [
      'PKCS#8 with a long length',
      hex(`30812e020100300506032b657004220420${'09'.repeat(32)}`),
      /neither/,
    ],
    [
      'PKCS#8 without end',
      hex(`3080020100300506032b657004220420${'09'.repeat(32)}0000`),
      /neither/,
    ],
    ['PKCS#8 of another public key', v2(key.seed, other.publicBytes), /not the secret's/],
    ['PKCS#8 of version 1 with a public key', v2(key.seed, key.publicBytes, 0), /neither/],
    ['PKCS#8 with a byte after the public key', v2(key.seed, key.publicBytes, 1, '00'), /neither/],
    ['PKCS#8 with unused bits', v2(key.seed, key.publicBytes, 1, '', '812101'), /neither/],
    [
      'PKCS#8 with a byte after the seed',
      hex(`302f020100300506032b657004230420${'09'.repeat(32)}00`),
      /neither/,
    ],
    ['RSA in PEM', encodePem('RSA PRIVATE KEY', Buffer.alloc(64)), /type RSA PRIVATE KEY/],
    ['a certificate', encodePem('CERTIFICATE', Buffer.alloc(64)), /type CERTIFICATE/],
    ['encrypted PKCS#8', encodePem('ENCRYPTED PRIVATE KEY', Buffer.alloc(64)), /is encrypted/],
    ['a public key labelled private', encodePem('PRIVATE KEY', spki), /label/],
    ['a private key labelled public', encodePem('PUBLIC KEY', pkcs8), /label/],
    ['two PEM blocks', encodePem('PUBLIC KEY', spki).repeat(2), /one well-formed/],
    ['PEM with prose before', `Key:\n${encodePem('PUBLIC KEY', spki)}`, /form that Vitte reads/],
    [
      'PEM without end',
      encodePem('PUBLIC KEY', spki).replace(/-----END.*/s, ''),
      /one well-formed/,
    ],
    [
      'PEM with two labels',
      encodePem('PUBLIC KEY', spki).replace('END PUBLIC', 'END PRIVATE'),
      /one/,
    ],
    [
      'PEM with a broken base64',
      encodePem('PUBLIC KEY', spki).replace('MC', '='),
      /one well-formed/,
    ],
    ['PEM with headers', encodePem('PUBLIC KEY', spki).replace('\n', '\nProc-Type: 4\n\n'), /one/],
    [
      'PEM that is endless white space',
      `-----BEGIN A-----${'\n'.repeat(16_000)}`,
      /one well-formed/,
    ],
    ['another SSH key type', publicLine.replace('ssh-ed25519', 'ssh-rsa'), /line "ssh-ed25519/],
    ['a security key', publicLine.replace('ssh-', 'sk-ssh-'), /form/],
    ['an SSH line with another type inside', sshLine('ssh-ed2551X', key.publicBytes), /line/],
    ['an SSH line of 31 bytes', sshLine('ssh-ed25519', key.publicBytes.subarray(1)), /line/],
    ['an SSH line with a byte after', sshLine('ssh-ed25519', key.publicBytes, '00'), /line/],
    ['two SSH lines', publicLine.repeat(2), /line "ssh-ed25519/],
    ['an encrypted OpenSSH key', opensshWith((blob) => replace(blob, 'none', 'aes2')), /encrypted/],
    [
      'OpenSSH with a derivation',
      opensshWith((blob) => replace(blob, 'none', 'bcry', 2)),
      /OpenSSH/,
    ],
    [
      'OpenSSH with two keys',
      opensshWith((blob) => replace(blob, '\0\0\0\x01', '\0\0\0\x02')),
      /OpenSSH/,
    ],
    ['OpenSSH cut short', opensshWith((blob) => blob.subarray(0, -8)), /OpenSSH/],
    [
      'OpenSSH with bytes after',
      opensshWith((blob) => Buffer.concat([blob, Buffer.alloc(8)])),
      /OpenSSH/,
    ],
    ['OpenSSH with wrong padding', opensshWith((blob) => blob.fill(9, blob.length - 1)), /OpenSSH/],
    [
      'OpenSSH, public key of another',
      openssh(encodeOpensshPrivate(key.seed, other.publicBytes, '')),
      /not the secret's/,
    ],
  ];
  for (const [label, input, reason] of rows) {
    const message = refusal('PKG_E_KEY_FORMAT', () => parseKey(Buffer.from(input)), label);
    assert.match(message, reason, label);
    assert.not.match(message, Buffer.from(key.seed).toString('base64').slice(0, 10));
  }

  function pairOf(seed: Uint8Array, publicBytes: Uint8Array) {
    return encodeBase58(Buffer.concat([seed, publicBytes]));
  }

  /** RFC 5958's second version: the public key after the secret, as a bit string. */
  function v2(seed: Uint8Array, publicBytes: Uint8Array, version = 1, after = '', bits = '812100') {
    const content = Buffer.concat([
      Buffer.of(2, 1, version),
      hex('300506032b657004220420'),
      seed,
      hex(bits),
      publicBytes,
      hex(after),
    ]);
    return Buffer.concat([Buffer.of(0x30, content.length), content]);
  }

  function sshLine(type: string, publicBytes: Uint8Array, after = '') {
    const head = [hex('0000000b'), Buffer.from(type), Buffer.of(0, 0, 0, publicBytes.length)];
    const blob = Buffer.concat([...head, publicBytes, hex(after)]);
    return `ssh-ed25519 ${blob.toString('base64')} c\n`;
  }

  function opensshWith(change: (blob: Buffer) => Buffer) {
    return openssh(change(encodeOpensshPrivate(key.seed, key.publicBytes, 'comment')));
  }

  /** Replaces the `nth` occurrence; both texts have the same length. */
  function replace(blob: Buffer, from: string, to: string, nth = 1) {
    let at = -1;
    for (let count = 0; count < nth; count += 1) at = blob.indexOf(from, at + 1, 'latin1');
    assert.ok(at >= 0);
    blob.write(to, at, 'latin1');
    return blob;
  }
});

test('base58 keeps every byte string of a few bytes, leading zeros too', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
      assert.equal(decodeBase58(encodeBase58(bytes)), Buffer.from(bytes));
    }),
    { numRuns: 300 },
  );
  assert.is(encodeBase58(Buffer.from('Hello World!')), '2NEpo7TZRRrLZSi2U');
  assert.is(encodeBase58(Buffer.alloc(3)), '111');
  assert.is(decodeBase58(''), undefined);
});

test('base64 has one text for one value', () => {
  for (const text of ['QQ', 'QQ=', 'QR==', 'Q Q=', 'QQ==\n', 'Q-==', '=', 'Q===', 'QUI=QUI=']) {
    assert.is(decodeBase64(text), undefined, JSON.stringify(text));
  }
  assert.equal(decodeBase64('QQ=='), Buffer.from('A'));
  assert.equal(decodeBase64(''), Buffer.alloc(0));
});

test('a signer’s key travels as base64 of its SPKI', () => {
  const vector = keyVectors[0]!;
  const key = publicKey(hex(vector.public));
  assert.is(formatSignerKey(key), vector.publicForms.derBase64);
  assert.equal(parseSignerKey(vector.publicForms.derBase64), key);
  const bad = [
    '',
    vector.publicForms.derBase64.slice(0, -1),
    `${vector.publicForms.derBase64}\n`,
    vector.publicForms.pem,
    vector.secretForms.derBase64,
    'A'.repeat(60),
    'é'.repeat(60),
  ];
  for (const text of bad) refusal('PKG_E_KEY_FORMAT', () => parseSignerKey(text), text);
});

test('node:crypto reads what is exported, and what it exports is read', () => {
  const key = generateKey();
  const secret = createPrivateKey(exportSecretKey(key, 'pem'));
  const open = createPublicKey(exportPublicKey(key, 'pem'));
  assert.is(open.asymmetricKeyType, 'ed25519');
  assert.ok(createPublicKey(secret).equals(open));
  assert.equal(secret.export({ format: 'der', type: 'pkcs8' }), exportSecretKey(key, 'der'));
  assert.equal(open.export({ format: 'der', type: 'spki' }), exportPublicKey(key, 'der'));
  assert.is(secret.export({ format: 'pem', type: 'pkcs8' }), `${exportSecretKey(key, 'pem')}`);
});

const withOpenssl = has('openssl', 'version') ? test : test.skip;
withOpenssl('openssl reads what is exported, and what it makes is read', () => {
  inFolder((folder) => {
    const key = generateKey();
    const file = join(folder, 'secret');
    for (const form of ['pem', 'der'] as const) {
      writeFileSync(file, exportSecretKey(key, form));
      const format = form.toUpperCase();
      const spki = run(
        'openssl',
        'pkey',
        '-inform',
        format,
        '-in',
        file,
        '-pubout',
        '-outform',
        'DER',
      );
      assert.equal(spki, exportPublicKey(key, 'der'));
      const made = run('openssl', 'genpkey', '-algorithm', 'ed25519', '-outform', format);
      writeFileSync(file, made);
      const expected = run('openssl', 'pkey', '-inform', format, '-in', file, '-pubout');
      const read = parseKey(made);
      assert.is(read.format, form);
      assert.equal(exportPublicKey(read.key, 'pem'), expected);
    }
    const encrypted = ['-aes256', '-pass', 'pass:secret'];
    const made = run('openssl', 'genpkey', '-algorithm', 'ed25519', ...encrypted);
    assert.match(
      refusal('PKG_E_KEY_FORMAT', () => parseKey(made)),
      'encrypted',
    );
  });
});

const withSshKeygen = has('ssh-keygen', '-?') ? test : test.skip;
withSshKeygen('ssh-keygen reads what is exported, and what it makes is read', () => {
  inFolder((folder) => {
    const key = generateKey();
    const file = join(folder, 'secret');
    writeFileSync(file, exportSecretKey(key, 'openssh'));
    chmodSync(file, 0o600);
    const line = run('ssh-keygen', '-y', '-f', file);
    assert.equal(line, exportPublicKey(key, 'openssh'), 'the comment included');
    writeFileSync(`${file}.pub`, line);
    assert.match(run('ssh-keygen', '-l', '-f', `${file}.pub`).toString(), `vitte:${key.kid}`);

    const made = join(folder, 'made');
    run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'somebody at home', '-f', made);
    const secret = parseKey(readFileSync(made));
    const open = parseKey(readFileSync(`${made}.pub`));
    assert.ok(hasSecret(secret.key));
    assert.is(secret.key.kid, open.key.kid);
    assert.equal([secret.format, open.format], ['openssh', 'openssh']);

    const locked = join(folder, 'locked');
    run('ssh-keygen', '-q', '-t', 'ed25519', '-N', 'secret', '-f', locked);
    const message = refusal('PKG_E_KEY_FORMAT', () => parseKey(readFileSync(locked)));
    assert.match(message, 'encrypted');
  });
});

function openssh(blob: Uint8Array): Buffer {
  return Buffer.from(encodePem('OPENSSH PRIVATE KEY', blob, 70));
}

function has(program: string, argument: string): boolean {
  return spawnSync(program, [argument], { stdio: 'ignore' }).error === undefined;
}

function run(program: string, ...args: string[]): Buffer {
  const { status, stdout, stderr } = spawnSync(program, args);
  assert.is(status, 0, `${program}: ${stderr}`);
  return stdout;
}

function inFolder(body: (folder: string) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'vitte-keys-'));
  try {
    body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.run();
