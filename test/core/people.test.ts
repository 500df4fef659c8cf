import * as assert from 'uvu/assert';
import { isVitteError } from '../../src/core/errors.ts';
import { parseEntry } from '../../src/core/journal-entry.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { includesRole, parseAccount, parsePackageRole } from '../../src/core/people.ts';
import { parseRemark } from '../../src/core/remark.ts';
import { suite } from '../support/suite.ts';

const test = suite('people, remarks and the entries that name them');

function refused(
  run: () => unknown,
  code: 'PKG_E_ACCOUNT' | 'PKG_E_REMARK' | 'PKG_E_STORE_FORMAT',
  what = '',
) {
  assert.throws(run, (error: unknown) => isVitteError(error, code), what);
}

test('an account is an id in small letters, and never an address or one of the registry itself', () => {
  for (const text of ['a', 'ann', 'ann-1.x_y', '0day', 'a'.repeat(64)])
    assert.is(parseAccount(text), text);
  const wrong = [
    '',
    'Ann',
    'ann ',
    '-ann',
    'ann-',
    'a--b',
    'a/b',
    'a@b.c',
    'é',
    'a'.repeat(65),
    'anonymous',
    'registry',
  ];
  for (const text of wrong) refused(() => parseAccount(text), 'PKG_E_ACCOUNT', text);
});

test('a role includes those below it, and one of a later release none', () => {
  assert.is(parsePackageRole('maintainer'), 'maintainer');
  refused(() => parsePackageRole('admin'), 'PKG_E_ACCOUNT');
  assert.is(includesRole('owner', 'publisher'), true);
  assert.is(includesRole('maintainer', 'maintainer'), true);
  assert.is(includesRole('publisher', 'maintainer'), false);
  assert.is(includesRole('king' as 'owner', 'publisher'), false);
});

test('a remark is one line of text', () => {
  assert.is(parseRemark('  use « b », à la place 💡 ', 'reason'), 'use « b », à la place 💡');
  assert.is(parseRemark('a'.repeat(1_000), 'reason').length, 1_000);
  assert.is(parseRemark('   ', 'reason'), '');
  for (const text of [
    'a'.repeat(1_001),
    'a\nb',
    'a\n',
    'a\tb',
    '\u001b[31m',
    '\u0085',
    'a\u2028b',
    '\u202eb',
    '\u2066',
    '\ud800',
  ]) {
    refused(() => parseRemark(text, 'reason'), 'PKG_E_REMARK', JSON.stringify(text).slice(0, 40));
  }
});

test('entries of this kind are read as they were stored, and malformed ones are not', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const common = { n: 1, at: '2026-11-22T10:00:00.000Z', id: 'x', actor: 'ann', package: 'a' };
  const right: JsonObject[] = [
    { ...common, event: 'yanked', version: '1.0.0', digest },
    { ...common, event: 'yanked', version: '1.0.0', digest, reason: 'why' },
    { ...common, event: 'unyanked', version: '1.0.0', digest },
    { ...common, event: 'deprecated', message: '' },
    { ...common, event: 'owner', account: 'bob', change: 'added', role: 'of a later release' },
    { ...common, event: 'owner', account: 'bob', change: 'removed' },
  ];
  for (const entry of right) assert.equal(parseEntry(entry, 1), entry);
  const wrong: JsonObject[] = [
    { ...common, event: 'yanked', version: '1.0.0' },
    { ...common, event: 'yanked', version: '1.0.0', digest, reason: 1 },
    { ...common, event: 'unyanked', version: 'x', digest },
    { ...common, event: 'deprecated' },
    { ...common, event: 'owner', change: 'added', role: 'owner' },
    { ...common, event: 'owner', account: 'bob' },
  ];
  for (const entry of wrong)
    refused(() => parseEntry(entry, 1), 'PKG_E_STORE_FORMAT', JSON.stringify(entry));
});

test.run();
