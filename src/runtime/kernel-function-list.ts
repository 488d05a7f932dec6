import type { KernelFunction } from '../program/index.ts';

/** Reads `available_filter_functions`: one function a line, `name` or `name [module]`. Source: kernel/trace/ftrace.c, t_func_show(). */
export function parseFunctionList(text: string): KernelFunction[] {
  const functions: KernelFunction[] = [];
  for (const line of text.split('\n')) {
    const blank = line.indexOf(' ');
    if (line === '') continue;
    const name = blank < 0 ? line : line.slice(0, blank);
    // ftrace's own places without a name: __ftrace_invalid_address___680
    if (name.startsWith('__ftrace_invalid_address__')) continue;
    const module = blank < 0 ? undefined : /\[([^\]]+)\]/.exec(line.slice(blank))?.[1];
    functions.push(module === undefined ? { name } : { name, module });
  }
  return functions;
}

/** Names in /sys/kernel/debug/kprobes/blacklist: `0xADDR-0xADDR\tname`. */
export function parseBlacklist(text: string): ReadonlySet<string> {
  return new Set(text.split('\n').flatMap((line) => line.split('\t')[1] ?? []));
}
