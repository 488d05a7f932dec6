/**
 * Writes src/runtime/c-headers/helper-prototypes.ts: how C for BPF calls the kernel's helpers.
 *
 * To be run by hand, with the kernel's headers for user space of Linux 6.1 or newer: prototypes are those that linux/bpf.h documents, with the
 * names that structs have in progs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type HelperName, helperIds } from '../src/bpf/index.ts';

const header = '/usr/include/linux/bpf.h';
const output = 'src/runtime/c-headers/helper-prototypes.ts';

/** What progs see of the kernel's own structs. Source: scripts/bpf_doc.py, mapped_types. */
const progNames: Readonly<Record<string, string>> = {
  'struct bpf_map': 'void',
  'struct sk_buff': 'struct __sk_buff',
  'struct xdp_buff': 'struct xdp_md',
  'struct sk_msg_buff': 'struct sk_msg_md',
  'struct sockaddr': 'void',
  'struct bpf_dynptr': 'struct bpf_dynptr',
};

/** So that a file needs no other header for them. */
const plainTypes: Readonly<Record<string, string>> = {
  u64: 'unsigned long long',
  s64: 'long long',
  u32: 'unsigned int',
  s32: 'int',
  u16: 'unsigned short',
  u8: 'unsigned char',
  __be16: 'unsigned short',
  __be32: 'unsigned int',
  __wsum: 'unsigned int',
  size_t: 'unsigned long',
};

const text = readFileSync(header, 'latin1');
const prototype = /^ \* ((?:const |struct |enum )*\w+ \**)bpf_(\w+)\((.*)\)$/gm;
const rows = new Map<string, readonly [string, string]>();
for (const [, result = '', name = '', params = ''] of text.matchAll(prototype))
  rows.set(name, [plain(result).trim(), plain(params)]);

function plain(types: string): string {
  return types
    .replaceAll(/struct \w+/g, (name) => progNames[name] ?? name)
    .replaceAll(/\b\w+\b/g, (name) => plainTypes[name] ?? name);
}

const names = (Object.keys(helperIds) as HelperName[]).filter((name) => rows.has(name));
const lines = names.map((name) => `  ${name}: ${JSON.stringify(rows.get(name))},`);
writeFileSync(
  output,
  `/** What helpers give and take, as C. Written by scripts/write-helper-prototypes.ts. Source: uapi/linux/bpf.h. */
import type { HelperName } from '../../bpf/index.ts';

export const helperPrototypes: Partial<Record<HelperName, readonly [result: string, params: string]>> = {
${lines.join('\n')}
};
`,
);
const left = (Object.keys(helperIds) as HelperName[]).filter((name) => !rows.has(name));
console.log(`${names.length} prototypes; without one: ${left.join(', ') || 'none'}`);
