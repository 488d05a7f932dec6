import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { foreignRoot, pathInRoot } from './foreign-root.ts';

test('links of a container lead to files of the container', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'tetrace-root-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const folder of ['usr/bin', 'etc/alternatives', 'opt/jdk'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'opt/jdk/java'), '');
  symlinkSync('usr/bin', join(root, 'bin'));
  symlinkSync('/etc/alternatives/java', join(root, 'usr/bin/java'));
  symlinkSync('../../opt/jdk/java', join(root, 'etc/alternatives/java'));
  symlinkSync('../../../../../../etc/passwd', join(root, 'usr/bin/out'));
  symlinkSync('round', join(root, 'usr/bin/round'));
  const paths = ['/bin/java', '/usr/bin/out', '/../../usr/bin/none', '/bin/round'];
  assert.deepEqual(
    paths.map((path) => pathInRoot(root, path)),
    [join(root, 'opt/jdk/java'), join(root, 'etc/passwd'), join(root, 'usr/bin/none'), undefined],
  );
});

test('a process that sees our files needs no other root', () => {
  assert.equal(foreignRoot(process.pid), '');
  assert.equal(pathInRoot('', '/bin/sh'), '/bin/sh');
});
