import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeatureAnswer } from '../runtime/index.ts';
import { type InfoFacts, infoReport } from './info-report.ts';

const yes: FeatureAnswer = { kind: 'yes' };

function report(ask: InfoFacts['ask']): string {
  return infoReport({
    os: 'Linux 6.12.1 #1 SMP',
    machine: 'x86_64',
    version: '1.2.3',
    compatibleVersion: '0.27.1',
    nodeVersion: 'v20.0.0',
    ask,
  });
}

test('groups, two features to a line, and nothing about what is there', () => {
  const text = report(() => yes);
  assert.deepEqual(text.match(/^\S.*$/gm), [
    'System',
    'Build',
    'Kernel helpers',
    'Kernel features',
    'Probe types',
  ]);
  assert.match(
    text,
    /^System\n {2}OS: Linux 6\.12\.1 #1 SMP\n {2}Arch: x86_64\n\nBuild\n {2}version: v1\.2\.3\n/,
  );
  assert.match(text, /^ {2}dpath: yes {23}get_tai_ns: yes$/m);
  assert.match(text, /^ {2}Instruction limit: 1000000 {7}btf: yes$/m);
  assert.ok(text.endsWith('\n') && !text.endsWith('\n\n'));
  // What bpftrace's own tests look for before they run.
  for (const gate of [
    'btf',
    'dpath',
    'iter',
    'kprobe_multi',
    'kprobe_session',
    'uprobe_multi',
    'get_func_ip',
  ]) {
    assert.ok(text.includes(`${gate}: yes`), gate);
  }
  for (const gate of ['lookup_percpu_elem: yes', 'Loop support: yes', 'libdw (DWARF support): yes'])
    assert.ok(text.includes(gate), gate);
});

test('what is missing is explained in one line each', () => {
  const text = report((feature) => {
    if (feature === 'kprobe-multi') return { kind: 'no', why: 'EINVAL:\n  no such link' };
    if (feature === 'large-insn-limit') return { kind: 'no', why: 'too old' };
    if (feature === 'iter') return { kind: 'unknown', why: 'EPERM' };
    return yes;
  });
  assert.match(text, /kprobe_multi: no/);
  assert.match(text, /iter: unknown/);
  assert.match(text, /Instruction limit: 4096/);
  assert.ok(
    text.endsWith(
      '\nNot available\n  Instruction limit: too old\n  kprobe_multi: EINVAL: no such link\n  iter: EPERM\n',
    ),
    text,
  );
});
