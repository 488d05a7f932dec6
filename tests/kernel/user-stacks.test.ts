import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ElfFile } from '../../src/elf/index.ts';
import { CProgram } from '../support/c-program.ts';
import { requireProgram, requireRoot } from '../support/requirements.ts';
import { runTetrace, startTetrace } from '../support/run-tetrace.ts';

const source = `#include <string.h>
#include <unistd.h>
volatile int sink;
__attribute__((noinline)) void inner(void) { sink++; }
__attribute__((noinline)) void outer(void) { inner(); sink++; }
int main(int count, char **words)
{
  do { outer(); if (count > 1) usleep(2000); } while (count > 1);
  return 0;
}
`;
// A probe at the start of a function stands in front of its frame, so walking pointers passes its caller over.
const withPointers = ['-O1', '-fno-omit-frame-pointer', '-fno-optimize-sibling-calls'];

test('a command that has ended when its stacks are shown still has names', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  using program = new CProgram(source, [...withPointers, '-pie', '-fpie']);
  const script = `uprobe:${program.path}:inner { @[ustack(2), usym(reg("ip"))] = count(); }`;
  const { stdout, stderr } = await runTetrace(['-q', '-e', script, '-c', program.path]);
  assert.equal(stderr, '');
  assert.match(stdout, /@\[\n {8}inner\+0@\S+\n {8}main\+\d+@\S+\n, inner\]: 1/);
});

test('processes that nobody named beforehand, and that have ended when they are shown', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  using program = new CProgram(source, [...withPointers, '-pie', '-fpie']);
  using tracer = startTetrace([
    '-e',
    `uprobe:${program.path}:inner { @[comm, ustack(2)] = count(); @u[func] = count(); }`,
  ]);
  await tracer.waitFor(/Attached 1 probe/, 'stderr');
  // Started by exec alone, and by a fork of a shell.
  execFileSync(program.path);
  execFileSync('/bin/sh', ['-c', `${program.path}; ${program.path}; true`]);
  tracer.child.kill('SIGINT');
  const { stdout } = await tracer.ended;
  const stack = /^@\[program, \n {8}inner\+0@\S+\n {8}main\+\d+@\S+\n\]: 1$/gm;
  assert.equal(stdout.match(stack)?.length, 3, stdout);
  assert.equal(stdout.match(/^@u\[inner\]: 1$/gm)?.length, 3, stdout);
});

test('names of a process whose files are visible to itself alone', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc') || !requireProgram(t, 'unshare')) return;
  using program = new CProgram(source, withPointers);
  const folder = `${program.path}-folder`;
  // Another file system over the folder, with a copy of the program in it.
  const inside = `mkdir ${folder} && mount -t tmpfs none ${folder} && cp ${program.path} ${folder}/hidden && echo ready && exec ${folder}/hidden again`;
  const child = spawn('unshare', ['--mount', '/bin/sh', '-c', inside], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const ask = async (stack: string): Promise<string> => {
    const script = `uprobe:/proc/${child.pid}/root${folder}/hidden:inner { printf("%s", ${stack}); exit(); }`;
    const config = 'config = { unstable_dw_ustack = enable; show_debug_info = false }';
    return (await runTetrace(['-q', '-p', `${child.pid}`, '-e', `${config} ${script}`])).stdout;
  };
  assert.match(
    await ask('ustack(perf, 2)'),
    /inner\+0 \(\S+-folder\/hidden\)\n\s+\S+ main\+\d+ \(\S+-folder\/hidden\)/,
  );
  assert.match(await ask('dw_ustack(3)'), /inner\+0\n\s+outer\+\d+\n\s+main\+\d+\n/);
});

test('frames as build ids and places in files', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  using program = new CProgram(source, [...withPointers, '-Wl,--build-id=sha1']);
  const elf = new ElfFile(readFileSync(program.path));
  const [inner] = elf.functionsNamed('inner');
  assert.ok(inner);
  using tracer = startTetrace([
    '-q',
    '-e',
    `uprobe:${program.path}:inner { printf("%s", ustack(build_id, 2)); exit(); }`,
    '-c',
    `${program.path} again`,
  ]);
  const { stdout, stderr } = await tracer.ended;
  assert.equal(stderr, '');
  const [first, second] = stdout.trim().split('\n');
  assert.equal(first, `${elf.buildId()} 0x${elf.fileOffset(inner.address)?.toString(16)}`);
  assert.match(second ?? '', new RegExp(`^${elf.buildId()} 0x[0-9a-f]+$`));
});
