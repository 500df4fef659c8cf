import * as assert from 'uvu/assert';
import { classifyAddress } from '../../../src/oci/remote/network.ts';
import { parseStorageUrl } from '../../../src/oci/remote/storage-url.ts';
import { rejectsWith } from '../../contract/oci-support.ts';
import { suite } from '../../support/suite.ts';

const test = suite('addresses of a storage');

test('the URL of a storage tells origin and prefix', () => {
  for (const [url, origin, prefix] of [
    ['oci://registry.example/team/vitte', 'https://registry.example', 'team/vitte'],
    ['oci://registry.example:5000/vitte/', 'https://registry.example:5000', 'vitte'],
    ['oci+http://127.0.0.1:5000/vitte', 'http://127.0.0.1:5000', 'vitte'],
    ['oci+http://[::1]:5000/vitte', 'http://[::1]:5000', 'vitte'],
    ['oci://registry.example', 'https://registry.example', ''],
    ['oci://docker.io/me', 'https://registry-1.docker.io', 'me'],
  ] as const) {
    assert.equal(parseStorageUrl(url), { origin, prefix }, url);
  }
});

for (const url of [
  'oci:',
  'oci://',
  'oci:///vitte',
  'oci+https://registry.example/vitte',
  'https://registry.example/vitte',
  'oci://registry.example/UPPER',
  'oci://registry.example/a//b',
  'oci://registry.example/a/../..',
  'oci://registry.example/vitte?x=1',
  'oci://registry.example/vitte#x',
  'oci://me:geheim@registry.example/vitte',
  'oci://registry.example:99999/vitte',
]) {
  test(`${url} is PKG_E_CONFIG`, async () => {
    const error = await rejectsWith('PKG_E_CONFIG', (async () => parseStorageUrl(url))());
    assert.not.match(error.message, /geheim/);
  });
}

test('addresses are public, private, or never connected to on a registry’s word', () => {
  const rows = {
    public: ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2001:4860:4860::8888', '64:ff9b::8.8.8.8'],
    private: [
      ...['127.0.0.1', '127.255.255.255', '10.0.0.1', '172.16.0.1', '172.31.255.255'],
      ...['192.168.1.1', '100.64.0.1', '::1', 'fd12::1', '::ffff:10.0.0.1', '64:ff9b::127.0.0.1'],
    ],
    forbidden: [
      ...['169.254.169.254', '0.0.0.0', '::', 'fe80::1', 'fd00:ec2::254', '100.100.100.200'],
      ...['224.0.0.1', '255.255.255.255', '::ffff:169.254.169.254', '64:ff9b::169.254.169.254'],
      ...['localhost', '', '1.2.3'],
    ],
  };
  for (const [kind, addresses] of Object.entries(rows)) {
    for (const address of addresses) assert.is(classifyAddress(address), kind, address);
  }
});

test.run();
