import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  arrayOfBytes,
  bytesOfText,
  createSourceFromBytes,
  formatScript,
  parseScript,
} from '../../src/compiler/language/index.ts';
import { ownScripts } from '../support/own-scripts.ts';
import { projectRoot } from '../support/paths.ts';

const folder = join(projectRoot, 'tests', 'scripts');
const scripts = readdirSync(folder).filter((file) => file.endsWith('.bt'));

test('every script is in the table of those that are run', () => {
  assert.deepEqual(ownScripts.map(({ file }) => file).sort(), scripts.sort());
});

describe('formatting changes layout only, and once', () => {
  const games = [join(projectRoot, 'examples', 'tetris.bt')];
  for (const path of [...scripts.map((file) => join(folder, file)), ...games]) {
    test(path.slice(projectRoot.length + 1), () => {
      const bytes = readFileSync(path);
      const once = formatted(bytes);
      assert.equal(formatted(arrayOfBytes(bytesOfText(once))), once);
      assert.equal(withoutLayout(once), withoutLayout(bytes.toString('latin1')));
    });
  }
});

function formatted(bytes: Uint8Array): string {
  const { script, diagnostics } = parseScript(createSourceFromBytes('script', bytes));
  assert.deepEqual(diagnostics, []);
  return formatScript(script);
}

/** The characters that carry meaning; the formatter adds and removes semicolons and commas where they are optional. */
function withoutLayout(text: string): string {
  return text.replace(/[\s;,]+/g, '');
}
