/**
 * The embedded machine on this host. It is loaded when a command line asks for it: the BPF machine, its translator and ptrace(2) are many modules,
 * and most runs are the kernel's.
 */
export function loadEmbedded(): Promise<typeof import('./embedded/index.ts')> {
  return import('./embedded/index.ts');
}
