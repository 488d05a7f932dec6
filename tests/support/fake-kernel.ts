import { Btf, BtfBuilder, type BtfId } from '../../src/btf/index.ts';
import type { Target } from '../../src/program/index.ts';
import { fakeTarget, tracepointField, usdtProbe } from './fake-target.ts';

interface MemberOf {
  readonly name: string;
  readonly type: BtfId;
  /** In bits. */
  readonly at: number;
  readonly bits?: number;
}

/** A few of the kernel's types, small but of every shape: pointers, text, bit-fields, anonymous members, arrays, tags, enums. */
export function fakeBtf(): Btf {
  const b = new BtfBuilder();
  const composite = (
    kind: 'struct' | 'union',
    name: string,
    size: number,
    members: readonly MemberOf[],
  ): BtfId =>
    b.add({
      kind,
      name,
      size,
      members: members.map((m) => ({
        name: m.name,
        type: m.type,
        bitOffset: m.at,
        bitfieldSize: m.bits ?? 0,
      })),
    });
  const pointer = (type: BtfId): BtfId => b.add({ kind: 'ptr', type });
  const array = (type: BtfId, length: number): BtfId =>
    b.add({ kind: 'array', type, indexType: i32, length });

  const i32 = b.addInt('int', 4, 'signed');
  const u32 = b.addInt('unsigned int', 4, 'unsigned');
  const u64 = b.addInt('long unsigned int', 8, 'unsigned');
  const u16 = b.addInt('short unsigned int', 2, 'unsigned');
  const u8 = b.addInt('unsigned char', 1, 'unsigned');
  const char = b.addInt('char', 1, 'signed');
  const boolean = b.addInt('_Bool', 1, 'bool');
  b.add({ kind: 'typedef', name: 'pid_t', type: i32 });
  b.add({ kind: 'typedef', name: 'u32', type: u32 });
  b.add({ kind: 'typedef', name: 'u64', type: u64 });
  b.add({ kind: 'typedef', name: '__be16', type: u16 });
  const state = b.add({
    kind: 'enum',
    name: 'task_state',
    size: 4,
    signed: false,
    values: [
      { name: 'TASK_RUNNING', value: 0n },
      { name: 'TASK_DEAD', value: 128n },
    ],
  });
  const commText = array(char, 16);
  const voidPointer = pointer(0);
  const registers = array(u64, 4);
  // Ids are given in order: the struct that this points to is the next type.
  const taskPointer = pointer(registers + 2);
  composite('struct', 'task_struct', 128, [
    { name: 'pid', type: i32, at: 0 },
    { name: 'tgid', type: i32, at: 32 },
    { name: 'comm', type: commText, at: 64 },
    { name: 'real_parent', type: taskPointer, at: 256 },
    { name: 'state', type: state, at: 320 },
    { name: 'in_execve', type: u32, at: 352, bits: 1 },
    { name: 'prio', type: i32, at: 353, bits: 7 },
    { name: 'flag', type: boolean, at: 384 },
    { name: 'stack', type: voidPointer, at: 448 },
    { name: 'regs', type: registers, at: 512 },
  ]);
  const address6 = composite('struct', 'in6_addr', 16, [{ name: 'u6_addr8', type: array(u8, 16), at: 0 }]);
  const anonymous = composite('union', '', 8, [
    { name: 'skc_pair', type: u64, at: 0 },
    { name: 'skc_daddr', type: u32, at: 0 },
  ]);
  const common = composite('struct', 'sock_common', 32, [
    { name: '', type: anonymous, at: 0 },
    { name: 'skc_dport', type: u16, at: 64 },
    { name: 'skc_family', type: u16, at: 80 },
    { name: 'skc_v6_daddr', type: address6, at: 128 },
  ]);
  const userTag = b.add({ kind: 'type_tag', name: 'user', type: char });
  const percpuTag = b.add({ kind: 'type_tag', name: 'percpu', type: u32 });
  composite('struct', 'sock', 56, [
    { name: '__sk_common', type: common, at: 0 },
    { name: 'sk_name', type: pointer(userTag), at: 256 },
    { name: 'sk_counters', type: pointer(percpuTag), at: 320 },
    { name: 'sk_tail', type: array(u32, 0), at: 448 },
  ]);
  const func = (
    name: string,
    returns: BtfId,
    params: readonly (readonly [name: string, type: BtfId])[],
    isKfunc = true,
  ): void => {
    const proto = b.add({
      kind: 'func_proto',
      returns,
      params: params.map(([param, type]) => ({ name: param, type })),
      variadic: false,
    });
    const id = b.add({ kind: 'func', name, type: proto, linkage: 'static' });
    if (isKfunc) b.add({ kind: 'decl_tag', name: 'bpf_kfunc', type: id, component: -1 });
  };
  func('bpf_task_from_pid', taskPointer, [['pid', i32]]);
  func('bpf_task_release', 0, [['p', taskPointer]]);
  func('bpf_strlen', i32, [['s__ign', pointer(char)]]);
  func('bpf_take_pair', i32, [['pair', anonymous]]);
  func('bpf_session_is_return', boolean, []);
  func('vfs_read', i32, [], false);
  return Btf.parse(b.finish());
}

/** A machine with those types, two tracepoints, the functions `vfs_read` and `tcp_connect`, and a program with static probes. */
export function fakeKernel(): Target {
  return fakeTarget({
    btf: fakeBtf(),
    functions: [{ name: 'vfs_read' }, { name: 'tcp_connect' }],
    kfuncs: {
      bpf_strlen: ['BPF_PROG_TYPE_RAW_TRACEPOINT', 'BPF_PROG_TYPE_TRACEPOINT'],
      bpf_task_from_pid: ['BPF_PROG_TYPE_TRACEPOINT'],
    },
    kernelSymbols: { avenrun: 0xffffffff82000000n },
    kernelFunctionSizes: { vfs_read: 0x40n },
    cgroups: { '/sys/fs/cgroup/a': 77n },
    binaries: { '/bin/app': [{ name: 'total', address: 0x4000n, fileOffset: 0x3000n, size: 8n }] },
    usdt: {
      '/bin/app': [
        usdtProbe('app', 'start', ['-4@%edi 8@-16(%rbp) 8@$7 8f@%xmm0']),
        usdtProbe('app', 'step', [
          '-4@%edi 8@(%rax,%rbx,8)',
          '-4@%edi 8@total(%rip)',
          '-4@%edi 8@(%rax,%rbx,8)',
        ]),
        usdtProbe('app', 'stop', ['']),
        usdtProbe('lib', 'stop', ['8@%rsi']),
      ],
    },
    tracepoints: {
      'sched:sched_switch': [
        tracepointField('char[16]', 'prev_comm', 8, 16),
        tracepointField('pid_t', 'prev_pid', 24, 4),
        tracepointField('int', 'prev_prio', 28, 4),
        tracepointField('__data_loc char[]', 'label', 32, 4),
      ],
      'syscalls:sys_enter_openat': [
        tracepointField('int', '__syscall_nr', 8, 4),
        tracepointField('const char *', 'filename', 24, 8),
        tracepointField('unsigned long', 'flags', 32, 8),
      ],
    },
  });
}
