import { parseOptions } from './options.ts';
import { ownCredentials } from './privileges.ts';

/**
 * Runs what nearly every start needs, so that the code cache of the build knows it compiled (V8 caches the functions that
 * have run). Says and changes nothing.
 */
export async function warmUp(): Promise<void> {
  parseOptions(['-q', '-e', 'BEGIN { exit(); }', '--', '--a=1'], { fileExists: () => false });
  ownCredentials();
  const { createSource, formatScript, parseScript } = await import('../compiler/language/index.ts');
  formatScript(parseScript(createSource('stdin', sample)).script);
}

/** A little of everything that scripts use. */
const sample = `
#include <linux/sched.h>
config = { max_strlen = 64 }
macro two(x) { x * 2 }
BEGIN { @start = nsecs; $x = (uint8)1; printf("%d %s\\n", two($x), "text"); }
tracepoint:raw_syscalls:sys_enter, kprobe:vfs_* /pid != 0 && comm == "x"/ {
  @[comm, args.id] = count(); @h = hist(retval >> 2);
  if (@start > 10ms) { delete(@start, 1); } else { @start += 1; }
  for $kv : @ { print(($kv.0, $kv.1)); }
  while ($x < 3) { $x++; break; }
  unroll (2) { @s[tid] = str(((struct task_struct *)curtask)->comm); }
}
interval:s:1 { exit(); }
`;
