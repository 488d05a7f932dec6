/** How a run ends, as exit codes. `exit(n)` in a script ends with the low 8 bits of n. Source: bpftrace 0.27. */
export const exitCodes = {
  /** Normal end, also by SIGINT, SIGTERM or exit(). */
  ok: 0,
  /** Wrong command line, wrong script, missing privileges, nothing to attach, too many probes, a failed test or bench. */
  refused: 1,
  /** Bad value in a BPFTRACE_* variable, wrong C definitions, or a pass that could not do its work. */
  internal: 2,
  /** Ctrl-C twice: left at once, as a process killed by SIGINT (128 + 2). */
  interrupted: 130,
  /** The reader of the output has gone: what a shell shows for a program that SIGPIPE ended (128 + 13). */
  brokenPipe: 141,
  /** Loading or attaching failed, output could not be written, or a bad --probe-filter. */
  runtime: 255,
} as const;
