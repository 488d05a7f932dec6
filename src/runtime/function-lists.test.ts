import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type FunctionListSources, functionLists, kernelState, refusedNames } from './function-lists.ts';

const lists = {
  traceable: Buffer.from('vfs_read\nread_it [xfs]\n'),
  refused: Buffer.from('0x1-0x2\tdo_int3'),
};

/** Sources that count how often the kernel is asked. */
function counted(state: string | undefined): FunctionListSources & { readonly asked: () => number } {
  let asked = 0;
  return {
    state: () => state,
    traceable: () => {
      asked++;
      return lists.traceable;
    },
    refused: () => Buffer.from(`${lists.refused}\n`),
    asked: () => asked,
  };
}

function withFolder(work: (folder: string) => void): void {
  const base = mkdtempSync(join(tmpdir(), 'function-lists-'));
  try {
    work(join(base, 'kept'));
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

test('the kernel is asked once while boot and modules stay the same', () => {
  withFolder((folder) => {
    const first = counted('boot 1');
    assert.deepEqual(functionLists(first, folder)?.traceable, lists.traceable);
    const same = counted('boot 1');
    assert.deepEqual(functionLists(same, folder), lists);
    assert.equal(same.asked(), 0);
    for (const state of ['boot 2', 'boot', 'boot 1\nxfs 4096 Live 0xffff']) {
      const other = counted(state);
      functionLists(other, folder);
      assert.equal(other.asked(), 1, state);
    }
  });
});

test('a kernel without a list of refused functions', () => {
  withFolder((folder) => {
    const sources = { ...counted('boot 1'), refused: () => Buffer.of() };
    functionLists(sources, folder);
    assert.deepEqual(functionLists(sources, folder), { ...lists, refused: Buffer.of() });
    assert.equal(sources.asked(), 1);
  });
});

test('a file that was cut short, or is none, is not believed', () => {
  withFolder((folder) => {
    functionLists(counted('boot 1'), folder);
    const path = join(folder, 'functions');
    const whole = readFileSync(path);
    const asksAgain = (): void => {
      const sources = counted('boot 1');
      assert.deepEqual(functionLists(sources, folder)?.traceable, lists.traceable);
      assert.equal(sources.asked(), 1);
    };
    for (let length = 0; length < whole.length; length += 7) {
      writeFileSync(path, whole.subarray(0, length));
      asksAgain();
    }
    rmSync(path);
    symlinkSync('/etc/passwd', path);
    asksAgain();
    assert.deepEqual(readdirSync(folder), ['functions']);
  });
});

test('a folder that others may look into or write to is left alone', () => {
  withFolder((folder) => {
    functionLists(counted('boot 1'), folder);
    for (const mode of [0o755, 0o777, 0o720]) {
      chmodSync(folder, mode);
      const sources = counted('boot 1');
      functionLists(sources, folder);
      assert.equal(sources.asked(), 1);
    }
  });
});

test('a folder of another user is left alone', {
  ...(process.geteuid?.() === 0 ? {} : { skip: 'needs root, to give a folder away' }),
}, () => {
  withFolder((folder) => {
    functionLists(counted('boot 1'), folder);
    chownSync(folder, 12_345, 12_345);
    const sources = counted('boot 1');
    functionLists(sources, folder);
    assert.equal(sources.asked(), 1);
  });
});

test('nothing is kept of a kernel that does not say which boot this is', () => {
  withFolder((folder) => {
    functionLists(counted(undefined), folder);
    assert.deepEqual(readdirSync(folder), []);
  });
});

test('nothing is kept when a module comes while the kernel is asked', () => {
  withFolder((folder) => {
    let modules = 0;
    const sources = { ...counted('boot 1'), state: () => `boot 1 with ${modules++} modules` };
    assert.deepEqual(functionLists(sources, folder)?.traceable, lists.traceable);
    assert.deepEqual(readdirSync(folder), []);
  });
});

test('names that kprobes refuse', () => {
  const refused = '0x1-0x2\tdo_int3\n0x3-0x4\tdo_debug\n0x5-0x6\tnmi_cpu\n0x7-0x8\txfs_do_it [xfs]\n';
  const all = { traceable: Buffer.of(), refused: Buffer.from(refused) };
  assert.deepEqual([...refusedNames(all)], ['do_int3', 'do_debug', 'nmi_cpu', 'xfs_do_it']);
  assert.deepEqual([...refusedNames(all, 'do_')], ['do_int3', 'do_debug', 'xfs_do_it']);
  assert.deepEqual([...refusedNames({ ...all, refused: Buffer.of() })], []);
});

test('a kernel without a list', () => {
  withFolder((folder) => {
    assert.equal(functionLists({ ...counted('boot 1'), traceable: () => undefined }, folder), undefined);
  });
});

test('the state of a kernel does not change with the users of its modules', () => {
  assert.equal(kernelState(), kernelState());
  assert.match(kernelState() ?? '', /^[0-9a-f-]{36}\n/);
});
