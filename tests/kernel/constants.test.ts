import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import type { Struct } from '../../src/base/index.ts';
import { attachTypes, bpfCommands, helperIds, mapTypes, progTypes } from '../../src/bpf/index.ts';
import type { Btf, BtfId } from '../../src/btf/index.ts';
import { uapiConstants } from '../../src/compiler/check/uapi-constants.ts';
import { hardwareEvents, type PerfEvent, softwareEvents } from '../../src/compiler/probes/index.ts';
import { openVmlinuxBtf } from '../../src/kernel/index.ts';
import { attr, perfEventAttr, perfTypes } from '../../src/kernel/sys/index.ts';
import { requireProgram, skipUnless } from '../support/requirements.ts';

const btf = openVmlinuxBtf();

/** Enumerators of the running kernel by name. */
function enumerators(types: Btf, name: string): Map<string, bigint> {
  const id = types.find(name, 'enum', 'enum64');
  const type = id === undefined ? undefined : types.type(id);
  assert.ok(type?.kind === 'enum' || type?.kind === 'enum64', `enum ${name}`);
  return new Map(type.values.map((row) => [row.name, row.value]));
}

/** What the events of scripts count, in the kernel's words. */
const perfCounts: Readonly<Record<string, string>> = {
  'alignment-faults': 'PERF_COUNT_SW_ALIGNMENT_FAULTS',
  'bpf-output': 'PERF_COUNT_SW_BPF_OUTPUT',
  'context-switches': 'PERF_COUNT_SW_CONTEXT_SWITCHES',
  'cpu-clock': 'PERF_COUNT_SW_CPU_CLOCK',
  'cpu-migrations': 'PERF_COUNT_SW_CPU_MIGRATIONS',
  dummy: 'PERF_COUNT_SW_DUMMY',
  'emulation-faults': 'PERF_COUNT_SW_EMULATION_FAULTS',
  'major-faults': 'PERF_COUNT_SW_PAGE_FAULTS_MAJ',
  'minor-faults': 'PERF_COUNT_SW_PAGE_FAULTS_MIN',
  'page-faults': 'PERF_COUNT_SW_PAGE_FAULTS',
  'task-clock': 'PERF_COUNT_SW_TASK_CLOCK',
  'backend-stalls': 'PERF_COUNT_HW_STALLED_CYCLES_BACKEND',
  'branch-instructions': 'PERF_COUNT_HW_BRANCH_INSTRUCTIONS',
  'branch-misses': 'PERF_COUNT_HW_BRANCH_MISSES',
  'bus-cycles': 'PERF_COUNT_HW_BUS_CYCLES',
  'cache-misses': 'PERF_COUNT_HW_CACHE_MISSES',
  'cache-references': 'PERF_COUNT_HW_CACHE_REFERENCES',
  'cpu-cycles': 'PERF_COUNT_HW_CPU_CYCLES',
  'frontend-stalls': 'PERF_COUNT_HW_STALLED_CYCLES_FRONTEND',
  instructions: 'PERF_COUNT_HW_INSTRUCTIONS',
  'ref-cycles': 'PERF_COUNT_HW_REF_CPU_CYCLES',
};

function configsOf(events: readonly PerfEvent[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    events.map(({ name, config }) => {
      const count = perfCounts[name];
      assert.ok(count, `${name} has no counter of the kernel`);
      return [count, config];
    }),
  );
}

test("our numbers are the running kernel's", (t) => {
  if (!skipUnless(t, btf !== undefined, 'this kernel has no BTF') || btf === undefined) return;
  const tables: readonly [string, Readonly<Record<string, number>>][] = [
    ['bpf_map_type', mapTypes],
    ['bpf_prog_type', progTypes],
    ['bpf_attach_type', attachTypes],
    ['bpf_cmd', bpfCommands],
    ['perf_type_id', perfTypes],
    ['perf_sw_ids', configsOf(softwareEvents)],
    ['perf_hw_id', configsOf(hardwareEvents)],
  ];
  for (const [name, table] of tables) {
    const kernel = enumerators(btf, name);
    let shared = 0;
    for (const [key, value] of Object.entries(table)) {
      // An older kernel lacks the newest rows.
      const theirs = kernel.get(key);
      if (theirs === undefined) continue;
      assert.equal(BigInt(value), theirs, key);
      shared++;
    }
    assert.ok(shared >= 6, `${name} shares only ${shared} rows`);
  }
});

test("helper names and ids are the running kernel's", (t) => {
  if (!skipUnless(t, btf !== undefined, 'this kernel has no BTF') || btf === undefined) return;
  const kernel = enumerators(btf, 'bpf_func_id');
  const ours = new Map(Object.entries(helperIds).map(([name, id]) => [`BPF_FUNC_${name}`, BigInt(id)]));
  for (const [name, id] of kernel) {
    if (name === 'BPF_FUNC_unspec' || name.startsWith('__')) continue;
    assert.equal(ours.get(name), id, name);
  }
});

/** Whether the struct has all fields of the table that this kernel knows at the same offsets; answers how many it compared. */
function compare(types: Btf, id: BtfId, layout: Struct<unknown>): number | undefined {
  let compared = 0;
  for (const [field, offset] of Object.entries(layout.offsets as Record<string, number>)) {
    const member = types.findMember(id, field);
    if (member === undefined) continue;
    if (member.bitOffset !== offset * 8) return undefined;
    const size = types.sizeOf(member.type);
    if (size !== (layout.sizes as Record<string, number>)[field]) return undefined;
    compared++;
  }
  return compared;
}

test("struct layouts are the running kernel's", (t) => {
  if (!skipUnless(t, btf !== undefined, 'this kernel has no BTF') || btf === undefined) return;
  const structs: readonly (readonly [string, Struct<never>])[] = [
    ['bpf_prog_info', attr.progInfo as unknown as Struct<never>],
    ['bpf_btf_info', attr.btfInfo as unknown as Struct<never>],
  ];
  for (const [name, layout] of structs) {
    const id = btf.find(name, 'struct');
    assert.ok(id !== undefined, name);
    const compared = compare(btf, id, layout as unknown as Struct<unknown>);
    assert.ok(compared !== undefined && compared >= 2, name);
  }
  const perf = btf.find('perf_event_attr', 'struct');
  assert.ok(perf !== undefined);
  // `bits` stands for the bit fields, which have names of their own.
  assert.ok((compare(btf, perf, perfEventAttr as unknown as Struct<unknown>) ?? 0) >= 20);
});

test("the arms of union bpf_attr are the running kernel's", (t) => {
  if (!skipUnless(t, btf !== undefined, 'this kernel has no BTF') || btf === undefined) return;
  const union = btf.find('bpf_attr', 'union');
  const type = union === undefined ? undefined : btf.type(union);
  assert.ok(type?.kind === 'union');
  // Each arm is a struct; the anonymous ones are told by a field that only they have.
  const armWith = (field: string) =>
    type.members
      .map((member) => btf.resolve(member.type))
      .find((id) => btf.findMember(id, field) !== undefined);
  const armNamed = (name: string) => type.members.find((member) => member.name === name)?.type;
  const rows: readonly [string, number | undefined, object, number][] = [
    ['map_create', armWith('map_type'), attr.mapCreateAttr, 12],
    ['map_elem', armWith('next_key'), attr.mapElemAttr, 5],
    ['batch', armNamed('batch'), attr.mapBatchAttr, 8],
    ['prog_load', armWith('insn_cnt'), attr.progLoadAttr, 20],
    ['obj', armWith('pathname'), attr.objAttr, 3],
    ['test', armNamed('test'), attr.testRunAttr, 12],
    ['get_id', armWith('next_id'), attr.getIdAttr, 3],
    ['info', armNamed('info'), attr.infoAttr, 3],
    ['raw_tracepoint', armNamed('raw_tracepoint'), attr.rawTracepointAttr, 2],
    ['btf_load', armWith('btf_log_buf'), attr.btfLoadAttr, 5],
    ['link_create', armNamed('link_create'), attr.linkCreateAttr, 4],
    ['iter_create', armNamed('iter_create'), attr.iterCreateAttr, 2],
  ];
  for (const [name, id, layout, least] of rows) {
    assert.ok(id !== undefined, name);
    const compared = compare(btf, id, layout as Struct<unknown>);
    assert.ok(compared !== undefined && compared >= least, `${name}: ${compared}`);
  }
  const linkCreate = armNamed('link_create') ?? 0;
  for (const [name, part] of Object.entries(attr.linkCreateParts)) {
    const member = btf.findMember(linkCreate, name);
    // `iter` has no name of its own, and older kernels lack the newer parts.
    if (member === undefined) continue;
    for (const [field, offset] of Object.entries(part.offsets as Record<string, number>)) {
      const found = btf.findMember(member.type, field);
      if (found !== undefined)
        assert.equal((member.bitOffset + found.bitOffset) / 8, offset, `${name}.${field}`);
    }
  }
});

test('constants of headers are those of the headers that are installed', (t) => {
  if (!requireProgram(t, 'gcc')) return;
  if (!skipUnless(t, existsSync('/usr/include/linux/capability.h'), 'no headers of the kernel are installed'))
    return;
  for (const [header, constants] of Object.entries(uapiConstants)) {
    // An older or newer header may lack some; what it counts (CAP_LAST_CAP) grows.
    const checks = Object.entries(constants)
      .filter(([name]) => !/_LAST_|_MAX$/.test(name))
      .map(([name, value]) => {
        const same = `_Static_assert((long long)(${name}) == ${value}LL, "${name}");`;
        return `#ifdef ${name}\n${same}\n#endif`;
      });
    const input = `#include <linux/types.h>\n#include <${header}>\n${checks.join('\n')}\n`;
    const { status, stderr } = spawnSync('gcc', ['-w', '-fsyntax-only', '-x', 'c', '-'], { input });
    assert.equal(status, 0, `${header}: ${stderr.toString().slice(0, 1000)}`);
  }
});
