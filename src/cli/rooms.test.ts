import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { packageRoot } from './package-root.ts';

const root = packageRoot();
const { seldomCalled } = createRequire(import.meta.url)(join(root, 'bin/rooms.js')) as {
  readonly seldomCalled: readonly string[];
};

for (const path of seldomCalled) {
  test(`${path} can be behind a door: it exports functions alone`, async () => {
    const exported: Record<string, unknown> = await import(pathToFileURL(join(root, path)).href);
    const others = Object.entries(exported).filter(([, value]) => !isPlainFunction(value));
    assert.deepEqual(
      others.map(([name]) => name),
      [],
    );
    assert.notEqual(Object.keys(exported).length, 0);
  });
}

function isPlainFunction(value: unknown): boolean {
  return typeof value === 'function' && !String(value).startsWith('class');
}
