import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import * as bpf from '../../src/bpf/index.ts';
import type { BtfKind } from '../../src/btf/index.ts';
import { ElfFile } from '../../src/elf/index.ts';
import {
  type Attachment,
  attachIterator,
  attachKprobe,
  attachKprobeMulti,
  attachTracing,
  attachUprobe,
  attachUprobeMulti,
  attachWatchpoint,
  type BpfMap,
  createMap,
  FeatureProbe,
  Kallsyms,
  type KernelFeature,
  loadProg,
  openVmlinuxBtf,
  type Prog,
  type ProgSpec,
  possibleCpuCount,
  readIterator,
  SymbolNames,
  symbolAddresses,
  watchModes,
} from '../../src/kernel/index.ts';
import { addressOf } from '../../src/kernel/sys/index.ts';
import { requireRoot, skipUnless } from '../support/requirements.ts';

const btf = openVmlinuxBtf();
const probe = new FeatureProbe(() => btf);
const key0 = new Uint8Array(4);

function requireFeature(t: Parameters<typeof requireRoot>[0], feature: KernelFeature): boolean {
  if (!requireRoot(t)) return false;
  const answer = probe.ask(feature);
  return skipUnless(t, answer.kind === 'yes', answer.kind === 'yes' ? '' : answer.why);
}

function counterMap(): BpfMap {
  return createMap(
    { name: 'counter', type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, valueSize: 8, maxEntries: 1 },
    possibleCpuCount(),
  );
}

/** A prog that counts its runs in `map`. */
function countingProg(map: BpfMap, spec: Partial<ProgSpec>): Prog {
  const insns = bpf.encodeInsns([
    bpf.ldMapValue(bpf.R1, map.fd.raw, 0),
    bpf.alu64Imm('mov', bpf.R2, 1),
    bpf.atomicAdd(8, bpf.R1, 0, bpf.R2),
    bpf.alu64Imm('mov', bpf.R0, 0),
    bpf.exit(),
  ]);
  return loadProg({ name: 'count', type: 'BPF_PROG_TYPE_KPROBE', license: 'GPL', insns, ...spec });
}

function countIn(map: BpfMap): bigint {
  const value = map.lookup(key0);
  assert.ok(value !== undefined);
  return new DataView(value.buffer).getBigUint64(0, true);
}

/** Counts while attached, not after. */
function assertCounts(spec: Partial<ProgSpec>, attach: (prog: Prog) => Attachment, cause: () => void): void {
  using map = counterMap();
  using prog = countingProg(map, spec);
  {
    using _attached = attach(prog);
    cause();
    assert.ok(countIn(map) > 0n, 'it ran');
  }
  const after = countIn(map);
  cause();
  assert.equal(countIn(map), after, 'it does not run any more');
}

/** newstat() calls this on all kernels. */
const kernelFunction = 'vfs_getattr_nosec';
const callKernel = () => {
  statSync('/');
};

function btfId(name: string, kind: BtfKind): number {
  const id = btf?.find(name, kind);
  assert.ok(id !== undefined, name);
  return id;
}

test('kprobe and kretprobe', (t) => {
  if (!requireFeature(t, 'kprobe')) return;
  assertCounts({}, (prog) => attachKprobe(prog, { symbol: kernelFunction }), callKernel);
  assertCounts({}, (prog) => attachKprobe(prog, { symbol: kernelFunction }, { isReturn: true }), callKernel);
  const symbol = new Kallsyms().byName(kernelFunction);
  assert.ok(symbol !== undefined);
  assertCounts({}, (prog) => attachKprobe(prog, { address: symbol.address }), callKernel);
  using map = counterMap();
  using prog = countingProg(map, {});
  assert.throws(
    () => attachKprobe(prog, { symbol: 'tetrace_no_such_function' }),
    /ENOENT.*tetrace_no_such_function/,
  );
});

test('kprobe multi-link', (t) => {
  if (!requireFeature(t, 'kprobe-multi')) return;
  const spec = { expectedAttachType: 'BPF_TRACE_KPROBE_MULTI' } as const;
  const places = { symbols: [kernelFunction, 'vfs_read'] };
  assertCounts(spec, (prog) => attachKprobeMulti(prog, places), callKernel);
  assertCounts(spec, (prog) => attachKprobeMulti(prog, places, { isReturn: true }), callKernel);
  const address = new Kallsyms().byName(kernelFunction)?.address ?? 0n;
  assertCounts(spec, (prog) => attachKprobeMulti(prog, { addresses: [address] }), callKernel);
});

test('addresses of symbols, asked of the kernel by a prog', (t) => {
  if (!requireFeature(t, 'symbol-index')) return;
  const kallsyms = new Kallsyms();
  const names = ['vfs_read', kernelFunction, 'schedule'];
  const read = names.map((name) => kallsyms.byName(name)?.address);
  assert.deepEqual(symbolAddresses([...names, 'tetrace_no_such_function', '']), [...read, 0n, 0n]);
  // What the kernel makes itself while it runs is listed as of modules that nobody can name: [bpf], [__builtin__ftrace].
  const inModule = [...kallsyms.functions()].find(
    ({ module }) => module !== undefined && !/^bpf$|^__builtin__/.test(module),
  );
  if (inModule !== undefined) {
    const { module, name, address } = inModule;
    assert.deepEqual(symbolAddresses([`${module}:${name}`, `no_such_module:${name}`]), [address, 0n]);
  }
  assert.deepEqual(symbolAddresses([]), []);
});

test('names of addresses, asked of the kernel by a prog, are those of kallsyms', (t) => {
  if (!requireFeature(t, 'symbol-names')) return;
  using map = counterMap();
  using _prog = countingProg(map, {});
  using names = new SymbolNames();
  const kallsyms = new Kallsyms();
  // Some of each part of the kernel, the modules and the progs; a symbol of no size names nothing.
  const functions = [...kallsyms.functions()];
  const some = functions.filter(
    ({ module, name }, index) => !/^_[est]|^__/.test(name) && (module === 'bpf' || index % 499 === 0),
  );
  assert.ok(some.some(({ module }) => module === 'bpf'));
  for (const { address } of some) {
    assert.deepEqual(names.byAddress(address), kallsyms.byAddress(address));
    assert.deepEqual(names.byAddress(address + 1n), kallsyms.byAddress(address + 1n));
  }
  const variable = kallsyms.byName('init_task');
  if (variable !== undefined) {
    assert.deepEqual(names.byAddress(variable.address + 8n), { name: 'init_task', offset: 8n });
    assert.deepEqual(kallsyms.byAddress(variable.address + 8n), { name: 'init_task', offset: 8n });
  }
  for (const nowhere of [0n, 0x1234n, 0xffff_ffff_0000_0000n, 2n ** 64n - 1n])
    assert.equal(names.byAddress(nowhere), undefined);
});

test('kprobe session', (t) => {
  if (!requireFeature(t, 'kprobe-session')) return;
  const spec = { expectedAttachType: 'BPF_TRACE_KPROBE_SESSION' } as const;
  assertCounts(
    spec,
    (prog) => attachKprobeMulti(prog, { symbols: [kernelFunction] }, { isSession: true }),
    callKernel,
  );
});

/** The C library that this process has mapped, and where `_exit` starts in it. */
function exitInLibc(): { readonly path: string; readonly fileOffset: bigint } {
  const path = /\S+\/(?:libc\.so\.6|libc\.musl-\S+|ld-musl-\S+)$/m.exec(
    readFileSync('/proc/self/maps', 'latin1'),
  )?.[0];
  assert.ok(path !== undefined, 'a C library');
  const elf = new ElfFile(readFileSync(path));
  const [symbol] = elf.functionsNamed('_exit');
  assert.ok(symbol !== undefined, '_exit');
  const fileOffset = elf.fileOffset(symbol.address);
  assert.ok(fileOffset !== undefined);
  return { path, fileOffset };
}
const runChild = () => {
  assert.equal(spawnSync(process.execPath, ['-e', '0']).status, 0);
};

test('uprobe', (t) => {
  if (!requireFeature(t, 'uprobe')) return;
  assertCounts({}, (prog) => attachUprobe(prog, exitInLibc()), runChild);
});

test('uprobe multi-link', (t) => {
  if (!requireFeature(t, 'uprobe-multi')) return;
  const { path, fileOffset } = exitInLibc();
  const spec = { expectedAttachType: 'BPF_TRACE_UPROBE_MULTI' } as const;
  assertCounts(spec, (prog) => attachUprobeMulti(prog, path, [fileOffset]), runChild);
  using map = counterMap();
  using prog = countingProg(map, spec);
  assert.throws(() => attachUprobeMulti(prog, '/no/such/file', [1n]), /ENOENT.*\/no\/such\/file/);
});

test('fentry and fexit', (t) => {
  if (!requireFeature(t, 'fentry')) return;
  const attachBtf = { id: btfId(kernelFunction, 'func') };
  for (const expectedAttachType of ['BPF_TRACE_FENTRY', 'BPF_TRACE_FEXIT'] as const) {
    assertCounts({ type: 'BPF_PROG_TYPE_TRACING', expectedAttachType, attachBtf }, attachTracing, callKernel);
  }
});

test('BTF raw tracepoint', (t) => {
  if (!requireFeature(t, 'btf')) return;
  assertCounts(
    {
      type: 'BPF_PROG_TYPE_TRACING',
      expectedAttachType: 'BPF_TRACE_RAW_TP',
      attachBtf: { id: btfId('btf_trace_sched_process_exit', 'typedef') },
    },
    attachTracing,
    runChild,
  );
});

test('an iterator runs for every task and its text is read', (t) => {
  if (!requireFeature(t, 'iter')) return;
  // The ctx is { struct bpf_iter_meta *meta; struct task_struct *task }, meta begins with the seq_file; the task is NULL at the end.
  using prog = loadProg({
    name: 'tasks',
    type: 'BPF_PROG_TYPE_TRACING',
    expectedAttachType: 'BPF_TRACE_ITER',
    attachBtf: { id: btfId('bpf_iter_task', 'func') },
    license: 'GPL',
    insns: bpf.encodeInsns([
      bpf.load(8, bpf.R2, bpf.R1, 8),
      bpf.jumpImm('eq', bpf.R2, 0, 7),
      bpf.storeImm(8, bpf.R10, -8, 0x0a21),
      bpf.load(8, bpf.R1, bpf.R1, 0),
      bpf.load(8, bpf.R1, bpf.R1, 0),
      bpf.alu64('mov', bpf.R2, bpf.R10),
      bpf.alu64Imm('add', bpf.R2, -8),
      bpf.alu64Imm('mov', bpf.R3, 2),
      bpf.call('seq_write'),
      bpf.alu64Imm('mov', bpf.R0, 0),
      bpf.exit(),
    ]),
  });
  using link = attachIterator(prog);
  const text = Buffer.concat([...readIterator(link)]).toString();
  assert.match(text, /^(!\n){10,}$/);
  // Every walk starts anew.
  assert.match(Buffer.concat([...readIterator(link)]).toString(), /^(!\n){10,}$/);
});

test('a watchpoint sees writes to memory', (t) => {
  if (!requireRoot(t)) return;
  const watched = new Uint8Array(new ArrayBuffer(64));
  const place = { address: addressOf(watched), length: 8, modes: watchModes.HW_BREAKPOINT_W };
  // The pid is a thread's: here the one that runs JavaScript.
  const scopes = [{ pid: process.pid, cpu: -1 }];
  assertCounts(
    { type: 'BPF_PROG_TYPE_PERF_EVENT' },
    (prog) => attachWatchpoint(prog, place, scopes),
    () => watched.fill(1),
  );
});
