/**
 * Headers for C that scripts import, for machines that have none of libbpf's and the kernel's: the names that C for BPF is written with, in words of
 * our own. Those that are installed are found first.
 */
import { type HelperName, helperIds } from '../../bpf/index.ts';
import { helperPrototypes } from './helper-prototypes.ts';

/** The header that the kernel's types are written to when a file asks for it. */
export const VMLINUX = 'vmlinux.h';

/** By their path in an include directory. */
export function cHeaders(): Readonly<Record<string, string>> {
  const kernelTypes = `#include <${VMLINUX}>\n`;
  return {
    'bpf/bpf_helper_defs.h': helperDeclarations(),
    'bpf/bpf_helpers.h': helperMacros,
    'bpf/bpf_core_read.h': coreRead(),
    'bpf/bpf_tracing.h': registers,
    'bpf/bpf_endian.h': byteOrder,
    'linux/types.h': kernelTypes,
    'linux/bpf.h': kernelTypes,
    'linux/ptrace.h': kernelTypes,
  };
}

function helperDeclarations(): string {
  // Object.entries forgets that the keys are the table's own.
  const rows = Object.entries(helperPrototypes) as [HelperName, readonly [string, string]][];
  const structs = new Set(rows.flatMap(([, types]) => types.join(' ').match(/struct \w+/g) ?? []));
  return `#pragma once
${[...structs].map((name) => `${name};`).join('\n')}
${rows.map(([name, [result, params]]) => `static ${result} (*const bpf_${name})(${params}) = (void *)${helperIds[name]};`).join('\n')}
`;
}

const helperMacros = `#pragma once
#include <bpf/bpf_helper_defs.h>
#define __uint(name, value) int (*name)[value]
#define __type(name, type) typeof(type) *name
#define __array(name, type) typeof(type) *name[]
#define __ulong(name, value) enum { name##_is = value } name
#define SEC(name) __attribute__((section(name), used))
#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((noinline))
#define __weak __attribute__((weak))
#define __hidden __attribute__((visibility("hidden")))
#define __kconfig __attribute__((section(".kconfig")))
#define __ksym __attribute__((section(".ksyms")))
#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __unlikely(x) __builtin_expect(!!(x), 0)
#define __likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __unlikely(x)
#define likely(x) __likely(x)
#ifndef NULL
#define NULL ((void *)0)
#endif
#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))
#define barrier() __asm__ volatile("" ::: "memory")
#define barrier_var(x) __asm__ volatile("" : "+r"(x))
#define bpf_printk(format, ...) ({ \\
  static const char text_of_printk[] = format; \\
  bpf_trace_printk(text_of_printk, sizeof(text_of_printk), ##__VA_ARGS__); \\
})
#define bpf_ksym_exists(name) (!!(name))
enum libbpf_tristate { TRI_NO = 0, TRI_YES = 1, TRI_MODULE = 2 };
`;

/** The longest chain of members that the macros read. */
const MAX_CHAIN = 9;

/** Reads chains of members: \`read(&p, task->mm)\`, then \`read(dst, p->exe_file)\`. */
function coreRead(): string {
  const lines: string[] = [];
  const members = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `m${index + 1}`);
  for (let count = 1; count <= MAX_CHAIN; count++) {
    const list = members(count).join(', ');
    const [first, ...rest] = members(count);
    lines.push(`#define chain_type_${count}(from, ${list}) typeof((from)->${members(count).join('->')})`);
    lines.push(
      count === 1
        ? `#define chain_read_1(step, last, to, from, m1) last((void *)(to), sizeof(*(to)), &(from)->m1)`
        : `#define chain_read_${count}(step, last, to, from, ${list}) ({ typeof((from)->${first}) at_${count}; step((void *)&at_${count}, sizeof(at_${count}), &(from)->${first}); chain_read_${count - 1}(step, last, to, at_${count}, ${rest.join(', ')}); })`,
    );
  }
  const numbers = Array.from({ length: MAX_CHAIN }, (_, index) => MAX_CHAIN - index).join(', ');
  const slots = Array.from({ length: MAX_CHAIN }, (_, index) => `a${index}`).join(', ');
  const forms = [
    ['CORE_READ', 'bpf_core_read', 'bpf_core_read_str'],
    ['CORE_READ_USER', 'bpf_core_read_user', 'bpf_core_read_user_str'],
    ['PROBE_READ', 'bpf_probe_read_kernel', 'bpf_probe_read_kernel_str'],
    ['PROBE_READ_USER', 'bpf_probe_read_user', 'bpf_probe_read_user_str'],
  ] as const;
  for (const [name, read, readText] of forms) {
    const stem = name.replace('_USER', '');
    const user = name.endsWith('_USER') ? '_USER' : '';
    lines.push(
      `#define BPF_${stem}${user}_INTO(to, from, ...) chain_apply(chain_read_, __VA_ARGS__)(${read}, ${read}, to, from, __VA_ARGS__)`,
      `#define BPF_${stem}${user}_STR_INTO(to, from, ...) chain_apply(chain_read_, __VA_ARGS__)(${read}, ${readText}, to, from, __VA_ARGS__)`,
      `#define BPF_${name}(from, ...) ({ chain_apply(chain_type_, __VA_ARGS__)(from, __VA_ARGS__) value_read; BPF_${stem}${user}_INTO(&value_read, from, __VA_ARGS__); value_read; })`,
    );
  }
  return `#pragma once
#define bpf_core_read(to, size, from) bpf_probe_read_kernel(to, size, (const void *)__builtin_preserve_access_index(from))
#define bpf_core_read_str(to, size, from) bpf_probe_read_kernel_str(to, size, (const void *)__builtin_preserve_access_index(from))
#define bpf_core_read_user(to, size, from) bpf_probe_read_user(to, size, (const void *)__builtin_preserve_access_index(from))
#define bpf_core_read_user_str(to, size, from) bpf_probe_read_user_str(to, size, (const void *)__builtin_preserve_access_index(from))
#define chain_pick(${slots}, chosen, ...) chosen
#define chain_count(...) chain_pick(__VA_ARGS__, ${numbers}, 0)
#define chain_join2(a, b) a##b
#define chain_join(a, b) chain_join2(a, b)
#define chain_apply(stem, ...) chain_join(stem, chain_count(__VA_ARGS__))
${lines.join('\n')}
#define bpf_core_field_offset(field) __builtin_preserve_field_info(field, 0)
#define bpf_core_field_size(field) __builtin_preserve_field_info(field, 1)
#define bpf_core_field_exists(field) __builtin_preserve_field_info(field, 2)
#define BPF_CORE_READ_BITFIELD_PROBED(from, field) ({ \\
  unsigned long long bits_read = 0; \\
  bpf_probe_read_kernel(&bits_read, bpf_core_field_size((from)->field), (const char *)(from) + bpf_core_field_offset((from)->field)); \\
  bits_read <<= __builtin_preserve_field_info((from)->field, 4); \\
  __builtin_preserve_field_info((from)->field, 3) \\
    ? (unsigned long long)((long long)bits_read >> __builtin_preserve_field_info((from)->field, 5)) \\
    : bits_read >> __builtin_preserve_field_info((from)->field, 5); \\
})
#define bpf_core_type_id_local(type) __builtin_btf_type_id(*(typeof(type) *)0, 0)
#define bpf_core_type_id_kernel(type) __builtin_btf_type_id(*(typeof(type) *)0, 1)
#define bpf_core_type_exists(type) __builtin_preserve_type_info(*(typeof(type) *)0, 0)
#define bpf_core_type_size(type) __builtin_preserve_type_info(*(typeof(type) *)0, 1)
#define bpf_core_type_matches(type) __builtin_preserve_type_info(*(typeof(type) *)0, 2)
#define bpf_core_enum_value_exists(type, value) __builtin_preserve_enum_value(*(typeof(type) *)value, 0)
#define bpf_core_enum_value(type, value) __builtin_preserve_enum_value(*(typeof(type) *)value, 1)
`;
}

/** Source: the calling conventions; struct pt_regs of x86, struct user_pt_regs of arm64. */
const registers = `#pragma once
#if defined(__TARGET_ARCH_x86)
#define PT_REGS_PARM1(x) ((x)->di)
#define PT_REGS_PARM2(x) ((x)->si)
#define PT_REGS_PARM3(x) ((x)->dx)
#define PT_REGS_PARM4(x) ((x)->cx)
#define PT_REGS_PARM5(x) ((x)->r8)
#define PT_REGS_PARM6(x) ((x)->r9)
#define PT_REGS_RET(x) ((x)->sp)
#define PT_REGS_FP(x) ((x)->bp)
#define PT_REGS_RC(x) ((x)->ax)
#define PT_REGS_SP(x) ((x)->sp)
#define PT_REGS_IP(x) ((x)->ip)
#elif defined(__TARGET_ARCH_arm64)
#define PT_REGS_PARM1(x) (((const struct user_pt_regs *)(x))->regs[0])
#define PT_REGS_PARM2(x) (((const struct user_pt_regs *)(x))->regs[1])
#define PT_REGS_PARM3(x) (((const struct user_pt_regs *)(x))->regs[2])
#define PT_REGS_PARM4(x) (((const struct user_pt_regs *)(x))->regs[3])
#define PT_REGS_PARM5(x) (((const struct user_pt_regs *)(x))->regs[4])
#define PT_REGS_PARM6(x) (((const struct user_pt_regs *)(x))->regs[5])
#define PT_REGS_RET(x) (((const struct user_pt_regs *)(x))->regs[30])
#define PT_REGS_FP(x) (((const struct user_pt_regs *)(x))->regs[29])
#define PT_REGS_RC(x) PT_REGS_PARM1(x)
#define PT_REGS_SP(x) (((const struct user_pt_regs *)(x))->sp)
#define PT_REGS_IP(x) (((const struct user_pt_regs *)(x))->pc)
#endif
`;

const byteOrder = `#pragma once
#define bpf_htons(x) __builtin_bswap16(x)
#define bpf_ntohs(x) __builtin_bswap16(x)
#define bpf_htonl(x) __builtin_bswap32(x)
#define bpf_ntohl(x) __builtin_bswap32(x)
#define bpf_cpu_to_be64(x) __builtin_bswap64(x)
#define bpf_be64_to_cpu(x) __builtin_bswap64(x)
`;
