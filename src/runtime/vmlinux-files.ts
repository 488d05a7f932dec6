/** Where a kernel may be as an ELF file with symbols: BPFTRACE_VMLINUX alone when that is set. Source: bpf_core_find_kernel_btf() of libbpf. */
export function vmlinuxFiles(
  environment: Readonly<Record<string, string | undefined>>,
  release: string,
): readonly string[] {
  const named = environment['BPFTRACE_VMLINUX'];
  if (named !== undefined) return [named];
  return [
    `/boot/vmlinux-${release}`,
    `/lib/modules/${release}/vmlinux-${release}`,
    `/lib/modules/${release}/build/vmlinux`,
    `/usr/lib/modules/${release}/kernel/vmlinux`,
    `/usr/lib/debug/boot/vmlinux-${release}`,
    `/usr/lib/debug/boot/vmlinux-${release}.debug`,
    `/usr/lib/debug/lib/modules/${release}/vmlinux`,
  ];
}
