import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesOf } from '../../tests/support/encode-value.ts';
import { ReportRun } from '../../tests/support/report-run.ts';
import { type Type, uint64 } from '../types/index.ts';
import { utf8String } from './byte-text.ts';
import { jsonNumber, jsonString } from './json.ts';

/** What a reader of the output gets: bytes to text, which must be valid UTF-8, and text to a value. */
function readBack(json: string): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(json)));
}

const strings: readonly (readonly [text: string, json: string])[] = [
  ['', '""'],
  ['a/b', '"a/b"'],
  ['q"\\\n\r\t', '"q\\"\\\\\\n\\r\\t"'],
  ['\x00\x1f\x7f', '"\\u0000\\u001f\x7f"'],
  ['\xc3\xa9', '"\xc3\xa9"'],
  ['\xff', '"\\ufffd"'],
  ['a\xc3', '"a\\ufffd"'],
  ['\xe2\x82\xac\xe2\x82', '"\xe2\x82\xac\\ufffd\\ufffd"'],
  ['\xed\xa0\x80', '"\\ufffd\\ufffd\\ufffd"'],
  ['\xf0\x9f\x98\x80', '"\xf0\x9f\x98\x80"'],
];

for (const [text, json] of strings) {
  test(`string ${JSON.stringify(text)}`, () => assert.equal(jsonString(text), json));
}

test('any text comes back from its JSON', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(readBack(jsonString(utf8String(text))), text);
    }),
    { seed: 2 },
  );
});

test('any bytes give valid UTF-8 and JSON, and lose only what is no UTF-8', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = String.fromCharCode(...bytes);
      const back = readBack(jsonString(text));
      let valid = true;
      try {
        new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch {
        valid = false;
      }
      if (valid) assert.equal(back, new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
      else assert.match(String(back), /\ufffd/);
    }),
    { seed: 4 },
  );
});

test('raw bytes of a source survive in binary strings', () => {
  assert.equal(utf8String('\u00e9\udc80\ud83d\ude00\ud800'), '\xc3\xa9\x80\xf0\x9f\x98\x80\xef\xbf\xbd');
});

test('numbers that a double cannot hold are strings', () => {
  fc.assert(
    fc.property(fc.bigInt(-(1n << 63n), (1n << 64n) - 1n), (value) => {
      const back = readBack(jsonNumber(value));
      assert.equal(typeof back === 'number' ? BigInt(back) : BigInt(String(back)), value);
    }),
    { seed: 6 },
  );
  assert.equal(jsonNumber(1n << 63n), '9223372036854775808');
  assert.equal(jsonNumber((1n << 53n) + 1n), '"9007199254740993"');
});

test('keys keep the blanks of their strings, and have none between their parts', () => {
  const string: Type = { kind: 'string', size: 4 };
  const run = new ReportRun({ format: 'json' }).map('@', string, uint64, [
    { key: 'a b', value: 2 },
    { key: 'ab', value: 1 },
  ]);
  assert.equal(run.printMap().stdout, '{"type": "map", "data": {"@": {"ab": 1, "a b": 2}}}\n');
  const pair: Type = { kind: 'tuple', elements: [uint64, { kind: 'tuple', elements: [uint64, string] }] };
  const pairs = new ReportRun({ format: 'json' }).map('@', pair, uint64, [
    { key: [1, [2, 'b c']], value: 3 },
  ]);
  assert.equal(pairs.printMap().stdout, '{"type": "map", "data": {"@": {"1,(2,b c)": 3}}}\n');
});
