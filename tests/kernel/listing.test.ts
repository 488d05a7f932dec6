import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FeatureProbe, type KernelFeature, openVmlinuxBtf, Tracefs } from '../../src/kernel/index.ts';
import { inFolder } from '../support/loads.ts';
import { projectRoot } from '../support/paths.ts';
import { requireProgram, requireRoot, skipUnless } from '../support/requirements.ts';
import { runTetrace, tetracePath } from '../support/run-tetrace.ts';

const hasBtf = existsSync('/sys/kernel/btf/vmlinux');

/** The lines of a listing that must go well. */
async function lines(...args: string[]): Promise<string[]> {
  const { stdout, stderr, code } = await runTetrace(args);
  assert.deepEqual({ stderr, code }, { stderr: '', code: 0 }, args.join(' '));
  return stdout === '' ? [] : stdout.replace(/\n$/, '').split('\n');
}

test('all tracepoints of the kernel, sorted', async (t) => {
  if (!requireRoot(t)) return;
  const events = Tracefs.open()?.events() ?? [];
  assert.ok(events.length > 100);
  const expected = [...new Set(events)].sort().map((event) => `tracepoint:${event}`);
  assert.deepEqual(await lines('-l', 'tracepoint:*'), expected);
});

test('arguments of tracepoints as the kernel declares them', async (t) => {
  if (!requireRoot(t)) return;
  assert.deepEqual(await lines('-lv', 'tracepoint:raw_syscalls:sys_enter,t:sched:sched_process_free'), [
    'tracepoint:raw_syscalls:sys_enter',
    '    long id',
    '    unsigned long args[6]',
    'tracepoint:sched:sched_process_free',
    ...(await declared('sched', 'sched_process_free')),
  ]);
});

/** The own fields of an event: what its format file declares behind the empty line. */
async function declared(category: string, event: string): Promise<string[]> {
  const root = Tracefs.open()?.root ?? '';
  const [, own = ''] = readFileSync(join(root, `events/${category}/${event}/format`), 'utf8').split('\n\n');
  return [...own.matchAll(/field:([^;]*);/g)].map((match) => `    ${match[1]}`);
}

test('functions of the kernel and their arguments', async (t) => {
  if (!requireRoot(t)) return;
  if (!skipUnless(t, hasBtf, 'the kernel has no BTF')) return;
  const { stdout, code } = await runTetrace(['-lv', 'kprobe:vfs_readlin*,fexit:vmlinux:vfs_readlink']);
  assert.equal(code, 0);
  assert.deepEqual(stdout.split('\n'), [
    'kprobe:vfs_readlink',
    '    struct dentry * arg0',
    '    char * arg1',
    '    int arg2',
    'fexit:vmlinux:vfs_readlink',
    '    struct dentry * dentry',
    '    char * buffer',
    '    int buflen',
    '    int retval',
    '',
  ]);
});

test('functions of a list of its own', async (t) => {
  if (!requireRoot(t)) return;
  await inFolder(async (folder) => {
    const list = join(folder, 'functions');
    writeFileSync(list, 'vfs_read\nvfs_write\nschedule\n');
    const options = ['--traceable-functions', list, '-l', 'kprobe:vfs_*'];
    const { stdout } = await runTetrace(options);
    assert.equal(stdout, 'kprobe:vfs_read\nkprobe:vfs_write\n');
  });
});

test('raw tracepoints are those that BTF has a type of', async (t) => {
  if (!requireRoot(t)) return;
  if (!skipUnless(t, hasBtf, 'the kernel has no BTF')) return;
  const found = await lines('-lv', 'rawtracepoint:vmlinux:sched_wakeup');
  assert.deepEqual(found.slice(0, 1), ['rawtracepoint:vmlinux:sched_wakeup']);
  assert.ok(found.includes('    struct task_struct * p'), found.join('\n'));
  assert.ok(!found.some((line) => line.includes('__data')));
});

test('types, and their definitions', async (t) => {
  if (!requireRoot(t)) return;
  if (!skipUnless(t, hasBtf, 'the kernel has no BTF')) return;
  assert.deepEqual(await lines('-l', 'struct list_hea*, struct  hlist_head'), [
    'struct list_head',
    'struct hlist_head',
  ]);
  assert.deepEqual(await lines('-lv', 'struct list_head'), [
    'vmlinux: struct list_head {',
    '\tstruct list_head *next;',
    '\tstruct list_head *prev;',
    '};',
    '',
  ]);
  const types = await lines('-l', 'struct task_*');
  assert.ok(types.includes('struct task_struct'));
  const btf = openVmlinuxBtf();
  for (const line of types) assert.ok(btf?.find(line.slice('struct '.length), 'struct') !== undefined, line);
});

test('symbols of a binary', async (t) => {
  if (!requireRoot(t)) return;
  const found = await lines('-l', `uprobe:${process.execPath}:mai*`);
  assert.ok(found.includes(`uprobe:${process.execPath}:main`), found.join('\n'));
});

test('the probes of a script file, and a file that is none', async (t) => {
  if (!requireRoot(t)) return;
  assert.deepEqual(
    await lines('-l', '-e', 'BEGIN { } interval:ms:10 { nonsense } t:sched:sched_wakin* { }'),
    ['interval:ms:', 'tracepoint:sched:sched_waking'],
  );
  const game = await runTetrace(['-l', join(projectRoot, 'examples/tetris.bt')]);
  // It uses kprobes as well; a kernel without them is told so.
  assert.match(
    game.stderr,
    /^(?:WARNING: this kernel cannot attach kprobe probes: these are the names only\n)?$/,
  );
  const script = game.stdout.split('\n');
  for (const probe of ['interval:ms:', 'tracepoint:syscalls:sys_enter_write']) {
    assert.ok(script.includes(probe), script.join('\n'));
  }
  const { stderr, stdout, code } = await runTetrace(['-l', 'no_such_script.bt']);
  assert.deepEqual({ stdout, code }, { stdout: '', code: 0 });
  assert.match(
    stderr,
    /^WARNING: It appears that 'no_such_script\.bt' is a filename but the file does not exist\. Treating 'no_such_script\.bt' as a search pattern\.\n/,
  );
  const wrong = await runTetrace(['-l', '-e', 'tracepoint:no_such:event { }']);
  assert.deepEqual({ stdout: wrong.stdout, code: wrong.code }, { stdout: '', code: 1 });
  assert.match(wrong.stderr, /^stdin:1:1-25: ERROR: No matches for tracepoint no_such:event\.$/m);
});

test('a reader that leaves early ends the listing quietly', (t) => {
  if (!requireRoot(t)) return;
  const { stdout, stderr } = spawnSync('bash', [
    '-c',
    `set -o pipefail; "$0" -l 'tracepoint:*' | head -1; echo "$?"`,
    tetracePath,
  ]);
  assert.match(stdout.toString(), /^tracepoint:\S+\n(0|141)\n$/);
  assert.equal(stderr.toString(), '');
});

test('--info says what feature probes say', async (t) => {
  if (!requireRoot(t)) return;
  const btf = openVmlinuxBtf();
  const probe = new FeatureProbe(() => btf);
  const { stdout, code } = await runTetrace(['--info']);
  assert.equal(code, 0);
  const asked: readonly (readonly [string, KernelFeature])[] = [
    ['dpath', 'd-path'],
    ['loop', 'bpf-loop'],
    ['kprobe_multi', 'kprobe-multi'],
    ['uprobe_multi', 'uprobe-multi'],
    ['iter', 'iter'],
    ['kprobe', 'kprobe'],
  ];
  for (const [name, feature] of asked) {
    const answer = probe.ask(feature).kind;
    assert.match(stdout, new RegExp(`(?:^|\\s)${name}: ${answer}\\s`), name);
  }
  const without = await runTetrace(['--no-feature', 'uprobe_multi', '--info']);
  assert.match(without.stdout, /\suprobe_multi: no\s/);
});

test('listing and --info need privileges', (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'setpriv')) return;
  for (const args of ['-l', '--info']) {
    const { status, stderr, stdout } = spawnSync('setpriv', ['--bounding-set=-all', tetracePath, args]);
    assert.equal(status, 1, args);
    assert.match(stderr.toString(), /^ERROR: Missing CAP_\w+ capability/, args);
    assert.equal(stdout.toString(), '', args);
  }
});
