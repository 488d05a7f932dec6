import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inetText, macText } from './inet.ts';

/** As glibc's inet_ntop gives them. */
const ipv6: readonly (readonly [hex: string, text: string])[] = [
  ['00000000000000000000000000000000', '::'],
  ['00000000000000000000000000000001', '::1'],
  ['00010000000000000000000000000000', '1::'],
  ['20010db8000000000000000000000001', '2001:db8::1'],
  ['00000000000000000000ffff01020304', '::ffff:1.2.3.4'],
  ['00000000000000000000000001020304', '::1.2.3.4'],
  ['00010000000000020000000000000003', '1:0:0:2::3'],
  ['00010000000000020000000000030004', '1::2:0:0:3:4'],
  ['fe800000000000000000000000000001', 'fe80::1'],
  ['00010002000300040005000600070000', '1:2:3:4:5:6:7:0'],
  ['00000001000200030004000500060007', '0:1:2:3:4:5:6:7'],
  ['0000000000000000ffff000001020304', '::ffff:0:102:304'],
  ['00000000000000000000000000010000', '::0.1.0.0'],
  ['00010000000200000003000000040000', '1:0:2:0:3:0:4:0'],
];

for (const [hex, text] of ipv6) {
  test(`IPv6 ${text}`, () => {
    const bytes = Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
    assert.equal(inetText(10n, bytes), text);
  });
}

test('IPv4, an unknown family, and MAC addresses', () => {
  const bytes = new Uint8Array(16);
  bytes.set([127, 0, 0, 255]);
  assert.equal(inetText(2n, bytes), '127.0.0.255');
  assert.equal(inetText(7n, bytes), '');
  assert.equal(macText(new Uint8Array([0, 0xfe, 1, 2, 3, 0xff])), '00:FE:01:02:03:FF');
});
