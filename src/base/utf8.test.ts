import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8Length } from './utf8.ts';

const { NaN: end } = Number;

test('every sequence that TextDecoder accepts has its length, and nothing else has one', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const accepts = (bytes: readonly number[]): boolean => {
    try {
      return [...decoder.decode(Uint8Array.from(bytes))].length === 1;
    } catch {
      return false;
    }
  };
  // The edges of every range that the RFC names, and bytes on both sides of them.
  const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
  for (let first = 0; first < 0x100; first++) {
    assert.equal(utf8Length(first, end, end, end) === 1, accepts([first]), `${first}`);
    for (const second of edges) {
      assert.equal(utf8Length(first, second, end, end) === 2, accepts([first, second]), `${first} ${second}`);
      for (const third of edges) {
        const three = [first, second, third] as const;
        assert.equal(utf8Length(...three, end) === 3, accepts(three), three.join(' '));
        for (const fourth of edges) {
          const four = [first, second, third, fourth] as const;
          assert.equal(utf8Length(...four) === 4, accepts(four), four.join(' '));
        }
      }
    }
  }
});
