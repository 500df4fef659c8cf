import * as assert from 'uvu/assert';
import { parseChallenges } from '../../../src/oci/remote/challenge.ts';
import { suite } from '../../support/suite.ts';

const test = suite('challenges of a registry');

const realm = 'https://auth.example/token';
const rows: [what: string, fields: string[], found: [string, Record<string, string>][]][] = [
  ['nothing', [], []],
  ['an empty field', [''], []],
  ['a scheme alone', ['Basic'], [['basic', {}]]],
  [
    'Bearer as Docker Hub sends it',
    [`Bearer realm="${realm}",service="registry.docker.io",scope="repository:a/b:pull,push"`],
    [['bearer', { realm, service: 'registry.docker.io', scope: 'repository:a/b:pull,push' }]],
  ],
  ['a scheme in any case', [`bEARER REALM="${realm}"`], [['bearer', { realm }]]],
  ['an unquoted value, as zot sends it', ['basic realm=zot'], [['basic', { realm: 'zot' }]]],
  ['an unquoted URL', [`Bearer realm=${realm},service=x`], [['bearer', { realm, service: 'x' }]]],
  [
    'blanks around everything',
    [`  Bearer  realm = "${realm}" ,  service = x  `],
    [['bearer', { realm, service: 'x' }]],
  ],
  [
    'an escaped quote',
    [String.raw`Basic realm="a \"b\" \\c"`],
    [['basic', { realm: String.raw`a "b" \c` }]],
  ],
  ['an empty value', ['Basic realm=""'], [['basic', { realm: '' }]]],
  [
    'several challenges in one field',
    [`Basic realm="a", Bearer realm="${realm}",service=x, Negotiate`],
    [
      ['basic', { realm: 'a' }],
      ['bearer', { realm, service: 'x' }],
      ['negotiate', {}],
    ],
  ],
  [
    'several fields',
    ['Negotiate', `Bearer realm="${realm}"`],
    [
      ['negotiate', {}],
      ['bearer', { realm }],
    ],
  ],
  [
    'a bare value',
    ['Negotiate abc==, Basic realm=x'],
    [
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
    ],
  ],
  ['empty list members', [',, Basic realm=x,, ,'], [['basic', { realm: 'x' }]]],
  ['a parameter twice: the first counts', ['Basic realm=a, realm=b'], [['basic', { realm: 'a' }]]],
  ['an open quote ends the field', ['Basic realm="abc'], [['basic', {}]]],
  ['a quote instead of a scheme', ['"Basic" realm=x'], []],
  [
    'an error beside the realm',
    [`Bearer realm="${realm}",error="insufficient_scope"`],
    [['bearer', { realm, error: 'insufficient_scope' }]],
  ],
];

for (const [what, fields, found] of rows) {
  test(`${what} is read`, () => {
    const challenges = parseChallenges(fields);
    assert.equal(
      challenges.map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]),
      found,
    );
  });
}

test('a field over 16 KiB is not read', () => {
  assert.equal(parseChallenges([`Basic realm="${'a'.repeat(20_000)}"`]), []);
});

test('a hostile field takes no long time', () => {
  for (const part of ['"', ',', 'a=', 'a ', '\\"', ' ', '=']) parseChallenges([part.repeat(8000)]);
});

test.run();
