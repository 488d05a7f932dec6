import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  bytesOfText,
  createSource,
  createSourceFromBytes,
  lineText,
  positionAt,
  textOfBytes,
} from './source.ts';

test('bytes survive the way through text, valid UTF-8 or not', () => {
  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc.string({ unit: 'binary', maxLength: 4 }).map((text) => new TextEncoder().encode(text)),
  );
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 8 }), (chunks) => {
      const bytes = Uint8Array.from(chunks.flatMap((part) => [...part]));
      const back = bytesOfText(textOfBytes(bytes));
      assert.deepEqual(
        [...back].map((char) => char.charCodeAt(0)),
        [...bytes],
      );
    }),
    { seed: 1, numRuns: 2000 },
  );
});

test('valid UTF-8 reads as the text it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.equal(textOfBytes(new TextEncoder().encode(text)), text);
    }),
    { seed: 2 },
  );
});

test('columns count bytes, lines end at LF', () => {
  const source = createSource('x', 'ab\r\né€𝄞z\n');
  const at = (char: string) => positionAt(source, source.text.indexOf(char));
  assert.deepEqual(at('b'), { line: 1, column: 2 });
  assert.deepEqual(at('€'), { line: 2, column: 3 });
  assert.deepEqual(at('z'), { line: 2, column: 10 });
  assert.deepEqual(positionAt(source, source.text.length), { line: 3, column: 1 });
  assert.equal(lineText(source, 1), 'ab');
  assert.equal(lineText(source, 2), 'é€𝄞z');
  assert.equal(lineText(source, 9), '');
});

test('a byte outside UTF-8 counts as one column', () => {
  const source = createSourceFromBytes('x', Uint8Array.of(0x61, 0xff, 0x62));
  assert.deepEqual(positionAt(source, 2), { line: 1, column: 3 });
});

test('a column is the number of bytes before it in the line, whatever they are', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '\n', 'é', '€', '𝄞', '\u{1f480}', '\u{100ff}', '\udc80', '\udcff'),
  });
  fc.assert(
    fc.property(text, (script) => {
      const source = createSource('x', script);
      let position = { line: 1, column: 1 };
      let offset = 0;
      for (const character of script) {
        assert.deepEqual(positionAt(source, offset), position);
        offset += character.length;
        const { line, column } = position;
        position =
          character === '\n'
            ? { line: line + 1, column: 1 }
            : { line, column: column + bytesOfText(character).length };
      }
      assert.deepEqual(positionAt(source, offset), position);
    }),
    { seed: 3 },
  );
});
