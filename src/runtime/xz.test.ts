import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unpackXz } from './xz.ts';

const LIMIT = 1 << 22;

/** Commands and what they print, in base64. */
const files = {
  'head -c 1000000 /dev/zero | xz -9':
    '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM70I/ANFdAABv/f//o7f/Rz5IFXI5YVG4kijmo4YH+e7kHoLTL8U6PAFLsX7JiopNL6MN' +
    '2X+m44wjEVPgWRjFdYrid/i2lH8MasDedElk4ulcU7IE2PdEDKtfDW1G6eXDdoi3llestk3haR1v+0uIEGxCy4g/XACP0E6vJiiU' +
    'cR89jyThcJ6nI1/sKMuF0ZWYin4qkfIndfcZwAaYTZj92K/VkA/EJVP49ZE2MQWlsO5vwXBNRwzRkRGqrWAdus6xJxhcWYbpZlJY' +
    'vul2rFnk5VsFCPmTwz82AAAAADKzVZfu0uHjAAHtAcCEPQDV4HauscRn+wIAAAAABFla',
  'seq 100 | xz --check=crc32':
    '/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4AEjAJNdABiCgo8iTvimVffwmaUlDZBFkVpRtJvKrNwFMuyFUp+xSG3v3OhLuWG64JxT' +
    'f5jIqVQO/D0q0wbXZkQ9VmSmzT3Xxx9E9BjfAgs/4sbGe+Hnf3lEHHm3Qq5luBu1DoThmoIGIzlaf3KqQ/qlmh+SwL5FcXlK1ZPG' +
    'kAo5rZxlhyq2GjjH4ZMXytA+CeqwUu/rqot4AAAA3PGLZwABqwGkAgAAfEZjTD4wDYsCAAAAAAFZWg==',
  'seq 1 200 | xz -T2 --block-size=200':
    '/Td6WFoAAATm1rRGA8B7yAEhARYAAAAA4WTIIeAAxwBzXQAYgoKPIk74plX38JmlJQ2QRZFaUbSbyqzcBTLshVKfsUht79zoS7lh' +
    'uuCcU3+YyKlUDvw9KtMG12ZEPVZkps0918cfRPQY3wILP+LGxnvh5395RBx5t0KuZbgbtQ6E4ZqCBiM5Wn9yqkP6pZofksCyfokG' +
    'AACBv4oqJCoLywPAZcgBIQEWAAAAALrVrxjgAMcAXV0ABQ608/hTWegaJtiN5qN8slyNsBfZ8EjlHq2cG8osUYNSR+yi+bntc++p' +
    'twGIZIPM+d4dXR07Hfkaca7hOcBeHmKOHXKJqMAa1s6yQ8NQ9fkhR2i83GvaDT6I84skAAAAANj4AZGIjRv3A8BOyAEhARYAAAAA' +
    'nS0Sr+AAxwBGXQAYjINqRxFkYS+BqQS+aerCbydIRtZuMGp99RDMVN6f/Ae3AF8Wsz/Zp+KIZze7G2UxIdsjyzox+eEgF7UsUAeo' +
    'S15aXgKEAAAA6bCvQjvrUnMDwDpcIQEWAAAAAACGEHEA4ABbADJdABiNw2pHEWRhMRi09yZK7gnLh5WlH9qHdMUYKa73QoDM7edq' +
    'Dk82qcsaOSlQMiItOQAAAAAAoAyq9PyZ/voABJMByAF9yAFmyAFSXAAAZQPKVawnPi0EAAAAAARZWg==',
  'head -c 100 /dev/urandom | xz --check=none':
    '/Td6WFoAAAD/EtlBAgAhARYAAAB0L+WjAQBj4dSjZJY9o6ISWdEHMIjQMAcC+/S7cqDoqFZkMjiaT3yqtQVF3SFFOTQVdellsb1N' +
    'fv/xqWBiYFWkfs9S/o7FBQy6qdgJ1VnCI1wq8K62zN2vqmbQ4qgPOmfoBSlfQ50DhlM7iAAAAXRkmKwKIQZynnoBAAAAAABZWg==',
};
const sizes = [1_000_000, 292, 692, 100];
const packed = Object.values(files).map((text) => new Uint8Array(Buffer.from(text, 'base64')));

test('what a file becomes is known before it is unpacked, whatever it is made of', () => {
  for (const [index, bytes] of packed.entries()) {
    const size = sizes[index] ?? 0;
    assert.equal(unpackXz(bytes, size - 1), undefined);
    assert.equal(unpackXz(bytes, size)?.length, size);
  }
  const [, hundred] = packed;
  assert.match(new TextDecoder().decode(hundred && unpackXz(hundred, LIMIT)), /^1\n2\n[\s\S]*\n100\n$/);
});

test('a file that becomes more than is wanted stays packed', () => {
  const [zeros] = packed;
  assert.ok(zeros);
  assert.equal(unpackXz(zeros, 999_999), undefined);
  assert.equal(unpackXz(zeros, 1_000_000)?.length, 1_000_000);
});

test('a file may be several streams, with zeros behind each', () => {
  const [, hundred, blocks] = packed;
  assert.ok(hundred && blocks);
  for (const zeros of [0, 4, 8]) {
    const both: Uint8Array = new Uint8Array([
      ...hundred,
      ...new Uint8Array(zeros),
      ...blocks,
      ...new Uint8Array(zeros),
    ]);
    const text = new TextDecoder().decode(unpackXz(both, LIMIT));
    assert.match(text, /^1\n2\n[\s\S]*\n100\n1\n2\n[\s\S]*\n200\n$/);
    assert.equal(unpackXz(both, 983), undefined);
    assert.equal(unpackXz(both, 984)?.length, 984);
  }
  for (const behind of [[0], [0, 0, 0], [1, 2, 3, 4]])
    assert.equal(unpackXz(new Uint8Array([...hundred, ...behind]), LIMIT), undefined);
});

test('damaged bytes are nothing, or what they say, and never more than the limit', () => {
  const damage = fc.record({
    index: fc.nat(packed.length - 1),
    edits: fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { maxLength: 4 }),
    keep: fc.option(fc.nat()),
  });
  fc.assert(
    fc.property(damage, ({ index, edits, keep }) => {
      const bytes = (packed[index] ?? new Uint8Array(0)).slice(0, keep ?? undefined);
      for (const { at, byte } of edits) if (bytes.length > 0) bytes[at % bytes.length] = byte;
      const unpacked = unpackXz(bytes, LIMIT);
      assert.ok(unpacked === undefined || unpacked.length <= LIMIT);
    }),
    { seed: 20261122, numRuns: 500 },
  );
  assert.equal(unpackXz(new Uint8Array(0), LIMIT), undefined);
});
