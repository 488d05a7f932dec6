import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { replaceFile } from './replace-file.ts';

function inFolder(run: (dir: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'tetrace-replace-'));
  try {
    run(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test('a file keeps its mode unless one is given, and nothing lies beside it', () => {
  inFolder((dir) => {
    const path = join(dir, 'x');
    writeFileSync(path, 'old');
    chmodSync(path, 0o640);
    replaceFile(path, 'new');
    assert.deepEqual([readFileSync(path, 'utf8'), statSync(path).mode & 0o777], ['new', 0o640]);
    replaceFile(path, 'run', 0o755);
    assert.deepEqual([readFileSync(path, 'utf8'), statSync(path).mode & 0o777], ['run', 0o755]);
    assert.deepEqual(readdirSync(dir), ['x']);
  });
});

test('a link is replaced, what it names is left alone', () => {
  inFolder((dir) => {
    const [link, target] = [join(dir, 'link'), join(dir, 'target')];
    writeFileSync(target, 'theirs');
    symlinkSync(target, link);
    replaceFile(link, 'ours');
    assert.ok(lstatSync(link).isFile());
    assert.deepEqual([readFileSync(link, 'utf8'), readFileSync(target, 'utf8')], ['ours', 'theirs']);
  });
});

test('what lies beside the file and is not ours stays', () => {
  inFolder((dir) => {
    const path = join(dir, 'x');
    const beside = `${path}.${process.pid}`;
    writeFileSync(beside, 'theirs');
    replaceFile(path, 'ours');
    assert.deepEqual([readFileSync(path, 'utf8'), readFileSync(beside, 'utf8')], ['ours', 'theirs']);
  });
});

test('a file that cannot be put in its place leaves nothing behind', () => {
  inFolder((dir) => {
    assert.throws(() => replaceFile(join(dir, 'nowhere', 'x'), 'text'), { code: 'ENOENT' });
    mkdirSync(join(dir, 'folder'));
    assert.throws(() => replaceFile(join(dir, 'folder'), 'text'), { code: 'EISDIR' });
    assert.deepEqual(readdirSync(dir), ['folder']);
  });
});
