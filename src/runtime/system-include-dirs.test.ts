import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { systemIncludeDirs } from './system-include-dirs.ts';

test('the system include directories exist, the general one last', (t) => {
  const dirs = systemIncludeDirs('x86_64');
  for (const dir of dirs) assert.ok(existsSync(dir), dir);
  if (!existsSync('/usr/include')) return t.skip('no headers are installed');
  assert.equal(dirs.at(-1), '/usr/include');
});
