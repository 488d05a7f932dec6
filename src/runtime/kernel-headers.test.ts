import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { namedKernelHeaders } from './kernel-headers.ts';
import { vmlinuxFiles } from './vmlinux-files.ts';

describe('headers of a kernel that the environment names', () => {
  test('none without BPFTRACE_KERNEL_SOURCE', () => {
    assert.equal(namedKernelHeaders({ BPFTRACE_KERNEL_BUILD: '/build' }, 'x86_64'), undefined);
  });

  test('folders in the order of the kernel, those that a build makes under BPFTRACE_KERNEL_BUILD', () => {
    const environment = { BPFTRACE_KERNEL_SOURCE: '/src', BPFTRACE_KERNEL_BUILD: '/build' };
    const found = namedKernelHeaders(environment, 'x86_64');
    assert.deepEqual(found?.dirs, [
      '/src/arch/x86/include',
      '/build/arch/x86/include/generated',
      '/src/include',
      '/build/include',
      '/src/arch/x86/include/uapi',
      '/build/arch/x86/include/generated/uapi',
      '/src/include/uapi',
      '/build/include/generated/uapi',
    ]);
    assert.deepEqual(found?.first, []);
    assert.equal(found?.defines['__KERNEL__'], '1');
  });

  test('one tree is both, ARCH names another architecture, and what the kernel was built with comes first', () => {
    const tree = mkdtempSync(join(tmpdir(), 'kernel-headers-'));
    try {
      mkdirSync(`${tree}/include/linux`, { recursive: true });
      writeFileSync(`${tree}/include/linux/kconfig.h`, '');
      const found = namedKernelHeaders({ BPFTRACE_KERNEL_SOURCE: tree, ARCH: 's390' }, 'aarch64');
      assert.deepEqual(found?.dirs.slice(0, 2), [
        `${tree}/arch/s390/include`,
        `${tree}/arch/s390/include/generated`,
      ]);
      assert.deepEqual(found?.first, [`${tree}/include/linux/kconfig.h`]);
      assert.equal(found?.defines['__TARGET_ARCH_s390'], '1');
    } finally {
      rmSync(tree, { recursive: true });
    }
  });
});

test('BPFTRACE_VMLINUX stands in for all places where a kernel may be', () => {
  assert.deepEqual(vmlinuxFiles({ BPFTRACE_VMLINUX: '/tmp/vmlinux' }, '6.1.0'), ['/tmp/vmlinux']);
  assert.equal(vmlinuxFiles({}, '6.1.0')[0], '/boot/vmlinux-6.1.0');
});
