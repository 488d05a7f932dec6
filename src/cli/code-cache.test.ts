import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from './package-root.ts';

/** Opens a build as a command does, and its rooms when the start has long been over. */
const open = `
const { exports, scripts } = require(process.argv[1]).runBuild();
setTimeout(async () => {
  await exports.warmUp();
  const refused = Object.entries(scripts).map(([part, script]) => [part, script.cachedDataRejected]);
  process.stdout.write(JSON.stringify(Object.fromEntries(refused)));
}, 400);
`;

test('V8 takes the caches that a build made, at once and later, whichever way Node.js was started', () => {
  const command = join(packageRoot(), 'bin/tetrace');
  const [, flag] = /^':' \/\/; exec node (\S+) "\$0" "\$@"$/m.exec(readFileSync(command, 'latin1')) ?? [];
  assert.ok(flag !== undefined, 'sh starts Node.js with one flag');
  for (const flags of [[], [flag]]) {
    const stdout = execFileSync(process.execPath, [...flags, '-e', open, command], { encoding: 'utf8' });
    assert.deepEqual(JSON.parse(stdout), { main: false, rooms: false });
  }
});

/** Has its build taken away between start and the first room. */
const outlive = `
const { copyFileSync, rmSync } = require('node:fs');
const { buildFile, runBuild } = require(process.argv[1]);
const copy = require('node:os').tmpdir() + '/tetrace-build-' + process.pid;
copyFileSync(buildFile, copy);
const { exports } = runBuild(copy);
rmSync(copy);
exports.warmUp().then(() => process.stdout.write('entered'));
`;

test('rooms are there when the build is gone', () => {
  const stdout = execFileSync(process.execPath, ['-e', outlive, join(packageRoot(), 'bin/tetrace')], {
    encoding: 'utf8',
  });
  assert.equal(stdout, 'entered');
});
