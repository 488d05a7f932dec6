import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from './package-root.ts';

/** Opens a build as a command does, and its rooms when the start has long been over. */
const open = `
const { newestBuild, runBuild } = require(process.argv[1]);
const { exports, scripts } = runBuild(newestBuild());
setTimeout(async () => {
  await exports.warmUp();
  const refused = Object.entries(scripts).map(([part, script]) => [part, script.cachedDataRejected]);
  process.stdout.write(JSON.stringify(Object.fromEntries(refused)));
}, 400);
`;

test('V8 takes the caches that a build made, at once and later', () => {
  const stdout = execFileSync(process.execPath, ['-e', open, join(packageRoot(), 'bin/tetrace')], {
    encoding: 'utf8',
  });
  assert.deepEqual(JSON.parse(stdout), { main: false, rooms: false });
});

/** Has its build taken away between start and the first room. */
const outlive = `
const { cpSync, mkdtempSync, rmSync } = require('node:fs');
const { newestBuild, runBuild } = require(process.argv[1]);
const build = newestBuild();
const dir = mkdtempSync(require('node:os').tmpdir() + '/tetrace-build-');
cpSync(build.dir, dir, { recursive: true });
const { exports } = runBuild({ ...build, dir });
rmSync(dir, { recursive: true });
exports.warmUp().then(() => process.stdout.write('entered'));
`;

test('rooms are there when the build is gone', () => {
  const stdout = execFileSync(process.execPath, ['-e', outlive, join(packageRoot(), 'bin/tetrace')], {
    encoding: 'utf8',
  });
  assert.equal(stdout, 'entered');
});
