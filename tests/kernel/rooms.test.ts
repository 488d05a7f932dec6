/** Scripts that many write start without the rooms of the bundle, which take time to read and to evaluate. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { requireRoot } from '../support/requirements.ts';
import { tetracePath } from '../support/run-tetrace.ts';

const scripts = [
  'BEGIN { printf("%d %s\\n", pid, comm); exit(); }',
  'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); } BEGIN { exit(); }',
  'tracepoint:syscalls:sys_enter_openat { printf("%s %s\\n", comm, str(args.filename)); } BEGIN { exit(); }',
  `tracepoint:syscalls:sys_enter_read { @start[tid] = nsecs; }
   tracepoint:syscalls:sys_exit_read /@start[tid]/ { @us = hist((nsecs - @start[tid]) / 1000); delete(@start, tid); }
   BEGIN { exit(); }`,
  'profile:hz:99 { @[kstack] = count(); } interval:ms:200 { exit(); }',
  'software:page-faults:1 { @[comm, pid] = count(); } interval:ms:200 { exit(); }',
  'tracepoint:sched:sched_switch { @run = sum(1); @cpus = lhist(cpu, 0, 10, 1); @s = stats(cpu); } interval:ms:200 { print(@s); exit(); }',
  'rawtracepoint:sched_switch { @[probe] = count(); } interval:ms:200 { exit(); }',
];

/** Runs a script as a command does, and tells which parts of the bundle were needed. */
const run = `
const { exports, scripts } = require(process.argv[1]).runBuild();
exports.main(['-q', '--no-warnings', '-o', '/dev/null', '-e', process.argv[2]], 'tetrace').then((code) => {
  process.stdout.write(JSON.stringify({ code, parts: Object.keys(scripts) }));
});
`;

for (const script of scripts) {
  test(`starts and ends in the main part of the bundle: ${script.split('\n')[0]}`, (t) => {
    if (!requireRoot(t)) return;
    const stdout = execFileSync(process.execPath, ['-e', run, tetracePath, script], {
      encoding: 'utf8',
    });
    assert.deepEqual(JSON.parse(stdout), { code: 0, parts: ['main'] });
  });
}
