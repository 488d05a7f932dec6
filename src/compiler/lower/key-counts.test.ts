import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkText } from '../../../tests/support/check-script.ts';
import { fakeKernel } from '../../../tests/support/fake-kernel.ts';
import { lowerText } from '../../../tests/support/lower-script.ts';
import type { Target } from '../../program/index.ts';
import { builtins } from '../builtins/index.ts';
import { joinSessions } from '../probes/index.ts';
import { keyCounts } from './key-counts.ts';

const CPUS = 4;
const functions = Array.from({ length: 10 }, (_unused, index) => ({ name: `vfs_${index}` }));
/** Four CPUs, and ten functions whose names begin with vfs_. */
const target: Target = Object.create(fakeKernel(), {
  kernelFunctions: { value: () => functions },
  hasKernelFunction: { value: () => true },
});

function countOf(script: string, name = '@m'): number | undefined {
  const { program, probes, text } = checkText(script, { target, isUnsafe: true });
  if (!program) throw new Error(text);
  const map = program.maps.findIndex((each) => each.name === name);
  return keyCounts(program, joinSessions(probes, target), target).get(map);
}

const ANY = Number.POSITIVE_INFINITY;

/** What stands in `begin`, or a whole script; how many keys @m has at most. */
type Row = readonly [script: string, count: number];

function counts(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    for (const [script, count] of rows) {
      test(script, () => {
        const isWhole = /^(?:fn|macro)|^\w+:[/\w]/.test(script);
        assert.equal(countOf(isWhole ? script : `begin { ${script} }`), count);
      });
    }
  });
}

counts('constants', [
  ['@m[1] = 1;', 1],
  ['@m["a"] = 1; @m["bcd"] = 2;', 2],
  ['@m["a"] = 1; @m["a"]++; @m["a"] = 3;', 1],
  ['@m["a", 1] = 1; @m["a", 2] = 1; @m["a", 2] = 2;', 2],
  ['@m[true] = 1;', 1],
  ['@m[getopt("wide", "a")] = 1;', 1],
  ['@m[ncpus > 2 ? "many" : "few"] = 1;', 2],
  // A block on many probes has the same constants in each of them.
  ['fentry:vfs_read, fentry:vfs_read { @m["read"] = count(); }', 1],
  ['kprobe:vfs_read, kprobe:tcp_connect { @m[probe] = count(); }', 2],
]);

counts('what is true or false', [
  ['@m[pid == 1] = 1;', 2],
  ['@m[pid && tid] = 1;', 2],
  ['@m[!pid] = 1;', 2],
  ['@m[(bool)pid] = 1;', 2],
  ['profile:hz:99 { @m[usermode] = count(); }', 2],
]);

counts('bytes', [
  ['@m[(uint8)pid] = 1;', 256],
  ['@m[(int8)pid] = 1;', 256],
  ['@m[(uint8)pid, pid == 1] = 1;', 512],
  ['@m[*(bool*)kptr((uint64)pid)] = 1;', 256],
  ['@m[(uint16)pid] = 1;', ANY],
]);

counts('choices, tuples and arithmetic', [
  ['@m[pid > 1 ? "a" : tid > 1 ? "b" : "c"] = 1;', 3],
  ['@m[pid > 1 ? 1 : pid] = 1;', ANY],
  ['@m[cpu, pid > 1] = 1;', 2 * CPUS],
  ['@m[(c=cpu, big=pid > 1)] = 1;', 2 * CPUS],
  ['@m[cpu, pid] = 1;', ANY],
  ['@m[(cpu, pid).0] = 1;', ANY],
  ['$t = (cpu, 1); @m[$t.0] = 1;', CPUS + 1],
  ['@m[pid % 10] = 1;', 10],
  ['@m[cpu % 10] = 1;', CPUS],
  ['@m[pid % 1] = 1;', 1],
  ['@m[10 % pid] = 1;', ANY],
  ['@m[pid % tid] = 1;', ANY],
  ['@m[pid & 7] = 1;', 8],
  ['@m[0x101 & pid] = 1;', 4],
  ['@m[pid & -1] = 1;', 2 ** 64],
  ['@m[pid | 7] = 1;', ANY],
  ['@m[cpu * 2 + 1] = 1;', CPUS],
  ['@m[-cpu] = 1;', CPUS],
  ['@m[~cpu] = 1;', CPUS],
  ['@m[cpu + (pid > 1)] = 1;', 2 * CPUS],
  ['@m[(uint16)(cpu * 100)] = 1;', CPUS],
]);

counts('traced functions', [
  ['kprobe:vfs_* { @m[func] = count(); }', 10],
  ['kretprobe:vfs_* { @m[func] = count(); }', 10],
  ['kprobe:vfs_* { @m[func, cpu] = count(); }', 10 * CPUS],
  ['kprobe:vfs_1, kprobe:vfs_2 { @m[func] = count(); }', 2],
  ['kprobe:vfs_*, kprobe:vfs_1 { @m[func] = count(); }', 11],
  ['kprobe:vfs_* { @m[func] = 1; } kretprobe:vfs_* { @m[func] = 2; }', 20],
  ['kprobe:vfs_* { @s[pid] = 1; } kretprobe:vfs_* { @m[func] = 2; }', 10],
  ['kprobe:vfs_* { $f = func; @m[$f] = count(); }', 11],
  ['fentry:vfs_read { @m[func] = count(); }', 1],
  ['kprobe:vfs_* { @m[probe] = count(); }', 10],
  // The process may have loaded the file anywhere.
  ['uprobe:/bin/app:total { @m[func] = count(); }', ANY],
]);

counts('variables', [
  ['$x = 1; @m[$x] = 1;', 2],
  ['$x = "a"; if (pid > 1) { $x = "b"; } @m[$x] = 1;', 3],
  // The zero that is written counts beside the one that every variable has.
  ['let $x; if (pid > 1) { $x = 1; } @m[$x] = 1;', 3],
  ['$x = pid; @m[$x] = 1;', ANY],
  ['$x = 1; $x = pid; @m[$x] = 1;', ANY],
  ['$x = 1; $x++; @m[$x] = 1;', ANY],
  ['$x = 1; $x = $x + 1; @m[$x] = 1;', ANY],
  ['$x = 1; $y = $x; while ($x < 9) { $x = $y + 1; $y = $x; } @m[$y] = 1;', ANY],
  ['for $i : 0..10 { @m[$i] = 1; }', 11],
  ['for $i : 0..10 { @m[$i, cpu] = 1; }', 11 * CPUS],
  ['for $i : 0..pid { @m[$i] = 1; }', ANY],
  ['unroll(3) { @m["a"] = 1; }', 1],
  ['$i = 0; unroll(3) { @m[$i] = 1; $i++; }', ANY],
  ['@s[pid] = 1; for $kv : @s { @m[$kv.0] = 1; }', ANY],
  ['@s[1] = pid; $x = pid; if (find(@s, 1, $x)) { @m[$x] = 1; }', ANY],
  ['let $a : uint16[2]; $a[0] = pid; @m[$a] = 1;', ANY],
  ['fn f($p : uint64) : void { $p = 1; @m[$p] = 1; } begin { f(pid); }', ANY],
  ['fn f($p : uint64) : uint64 { return $p; } begin { @m[f(pid)] = 1; }', ANY],
  ['fn f() : void { @m[1] = 1; @m[2] = 1; } begin { f(); f(); }', 2],
  ['macro put(@map, key) { @map[key] = 1; } begin { put(@m, cpu); }', CPUS],
]);

counts('every way to put a key in', [
  ['@m[1] = 1;', 1],
  ['@m[1]++;', 1],
  ['@m[1] += 2;', 1],
  ['@m[1] = count();', 1],
  ['@m[1] = hist(pid);', 1],
  ['$x = @m[2]++ + @m[3]++;', 2],
  ['if (@m[2]++ > 1) { print(1); }', 1],
  ['@s[@m[2]++] = 1;', 1],
  ['let $a : uint8[2]; @m[1] = $a; @m[2][0] = 1; @m[cpu][1] = 2;', 2 + CPUS + 1],
  ['@m[1] = pid; @m[pid]++;', ANY],
  ['@m[1] = 1; @m[(uint64)nsecs] = 2;', ANY],
]);

counts('what puts none in', [
  ['@m[1] = 1; print(@m[pid]); delete(@m, pid); print(has_key(@m, pid)); print(len(@m));', 1],
  ['@m[1] = 1; clear(@m); zero(@m); print(@m);', 1],
  ['@m[1] = 1; for $kv : @m { delete(@m, $kv.0); }', 1],
]);

counts('what comes from outside', [
  ['@m[comm] = 1;', ANY],
  ['@m[kstack] = 1;', ANY],
  ['@m[rand] = 1;', ANY],
  ['@m[numaid] = 1;', ANY],
  ['@s = pid; @m[@s] = 1;', ANY],
  ['@s[pid] = pid; @m[@s[1]] = 1;', ANY],
  ['@m[curtask->pid] = 1;', ANY],
  ['tracepoint:sched:sched_switch { @m[args.prev_pid] = 1; }', ANY],
  ['tracepoint:sched:sched_switch { @m[args.prev_comm] = 1; }', ANY],
  ['kprobe:vfs_read { @m[arg0] = 1; }', ANY],
  ['kprobe:vfs_read { @m[arg0 % 3] = 1; }', 3],
  ['tracepoint:sched:sched_switch { @m[1] = 1; $x = bpf_strlen(str(&@m)); }', ANY],
]);

test('of the functions that take a map none puts keys in', () => {
  const taking = Object.entries(builtins).filter(([, { signature }]) => signature.join(' ').includes('@'));
  const names = taking.map(([name]) => name).sort();
  // Whoever adds one that does has to say so in key-counts.ts.
  assert.deepEqual(names, ['clear', 'delete', 'find', 'has_key', 'is_scalar', 'len', 'print', 'zero']);
});

/** Entries of the hash of @m. */
const sizes: readonly (readonly [script: string, entries: number])[] = [
  ['begin { @m["a"] = 1; }', 16],
  // Twice what is needed and one for each CPU, up to the next power of two.
  ['kprobe:vfs_* { @m[func] = count(); }', 32],
  ['begin { @m[pid % 100] = 1; }', 256],
  ['begin { @m[pid] = 1; }', 4096],
  ['begin { @m[pid % 3000] = 1; }', 4096],
  // Buckets are keys of their own.
  ['begin { @m["a"] = hist(pid); }', 256],
  ['begin { @m["a"] = lhist(pid, 0, 100, 10); }', 32],
  ['begin { @m["a"] = tseries(pid, 1s, 20); }', 64],
  ['begin { @m[(uint8)pid] = hist(pid); }', 4096],
  ['begin { @m = hist(pid); }', 65],
  // Never more than the script allows, whether that is enough or not.
  ['config = { max_map_keys = 5 } begin { @m["a"] = 1; }', 5],
  ['config = { max_map_keys = 100000 } begin { @m["a"] = 1; }', 16],
  ['config = { max_map_keys = 100000 } begin { @m[pid] = 1; }', 100000],
  ['let @m = hash(1000); begin { @m["a"] = 1; }', 1000],
  ['let @m = lruhash(1000); begin { @m["a"] = 1; }', 1000],
  ['let @m = percpuhash(3); begin { @m["a"] = count(); }', 3],
];
for (const [script, entries] of sizes) {
  test(`entries: ${script}`, () => {
    const { bpfMaps } = lowerText(script, { target });
    assert.equal(bpfMaps.find(({ name }) => name === 'AT_m')?.maxEntries, entries);
  });
}

test('maps of an object keep their size: others fill them, and say where its progs run', () => {
  const { bpfMaps } = lowerText('kprobe:vfs_* { @m[func] = count(); }', { target, isObject: true });
  assert.equal(bpfMaps.find(({ name }) => name === 'AT_m')?.maxEntries, 4096);
});
