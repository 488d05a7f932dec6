import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { machine } from 'node:os';
import { test } from 'node:test';
import { requireRoot } from '../../../tests/support/requirements.ts';
import { parseTracepointFormat } from '../../kernel/index.ts';
import { processTracepoints, syscallNames } from './tracepoint-formats.ts';

const tracefs = '/sys/kernel/tracing/events';

test('formats are those of a kernel', (t) => {
  if (!requireRoot(t)) return;
  if (machine() !== 'x86_64' || !existsSync(`${tracefs}/syscalls`)) return t.skip('needs tracefs of x86_64');
  let compared = 0;
  for (const [name, format] of processTracepoints('x86_64')) {
    const path = `${tracefs}/${name.replace(':', '/')}/format`;
    if (!existsSync(path)) continue; // built without it
    const read = parseTracepointFormat(readFileSync(path, 'utf8')).fields;
    const kernel = read.map(({ name, type, offset, size, signed }) => ({ name, type, offset, size, signed }));
    if (name === 'signal:signal_deliver') {
      assert.deepEqual(format.fields, kernel.slice(0, -2));
      continue;
    }
    // Older kernels keep names of tasks in place and tell less of an exit.
    if (!name.startsWith('sched:')) assert.deepEqual(format.fields, kernel, name);
    compared++;
  }
  assert.ok(compared > 600, `${compared} formats were there to compare`);
});

test('every system call of this kernel is known', (t) => {
  if (!requireRoot(t)) return;
  if (machine() !== 'x86_64' || !existsSync(`${tracefs}/syscalls`)) return t.skip('needs tracefs of x86_64');
  const known = new Set(syscallNames('x86_64').values());
  const there = readdirSync(`${tracefs}/syscalls`).filter((name) => name.startsWith('sys_enter_'));
  assert.deepEqual(
    there.map((name) => name.slice('sys_enter_'.length)).filter((name) => !known.has(name)),
    [],
  );
});

test('numbers by architecture', () => {
  const x86 = syscallNames('x86_64');
  const arm = syscallNames('aarch64');
  assert.equal(x86.get(257), 'openat');
  assert.equal(arm.get(56), 'openat');
  assert.equal(arm.get(79), 'newfstatat');
  assert.equal([...arm.values()].includes('open'), false);
  assert.equal(new Set(x86.values()).size, x86.size);
});

test('fields lie where C puts them', () => {
  const formats = processTracepoints('x86_64');
  const places = (name: string): string[] =>
    (formats.get(name)?.fields ?? []).slice(4).map(({ name, offset, size }) => `${name} ${offset} ${size}`);
  assert.deepEqual(places('sched:sched_process_exit'), [
    'comm 8 16',
    'pid 24 4',
    'prio 28 4',
    'group_dead 32 1',
  ]);
  assert.deepEqual(places('syscalls:sys_enter_write'), [
    '__syscall_nr 8 4',
    'fd 16 8',
    'buf 24 8',
    'count 32 8',
  ]);
  assert.deepEqual(places('syscalls:sys_exit_write'), ['__syscall_nr 8 4', 'ret 16 8']);
  assert.deepEqual(places('syscalls:sys_enter_getpid'), ['__syscall_nr 8 4']);
});
