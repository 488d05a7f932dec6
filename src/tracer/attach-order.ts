import type { ProbeKind, Program } from '../program/index.ts';

/**
 * How the probes of a kind come to run.
 *
 * - forward: the kernel appends to the list of what runs at that place, so attaching in source order runs them in source order;
 * - reverse: the kernel prepends, so the last one is attached first;
 * - run: nothing is attached, the tracer runs the prog itself.
 *
 * Source: bpftrace 0.27.
 */
const attachOrders = {
  begin: 'run',
  end: 'run',
  self: 'run',
  test: 'run',
  bench: 'run',
  kretprobe: 'forward',
  tracepoint: 'forward',
  profile: 'forward',
  interval: 'forward',
  watchpoint: 'forward',
  software: 'forward',
  hardware: 'forward',
  rawtracepoint: 'forward',
  kprobe: 'reverse',
  uprobe: 'reverse',
  uretprobe: 'reverse',
  usdt: 'reverse',
  fentry: 'reverse',
  fexit: 'reverse',
  iter: 'reverse',
} as const satisfies Record<ProbeKind, 'forward' | 'reverse' | 'run'>;

/** Indexes of the probes to attach, in the order to attach them: all forward ones, then the others from the last to the first. */
export function attachOrder(program: Program): readonly number[] {
  const indexes = program.probes.map((_probe, index) => index);
  const withOrder = (order: string): number[] =>
    indexes.filter((index) => {
      const probe = program.probes[index];
      return probe !== undefined && attachOrders[probe.kind] === order;
    });
  return [...withOrder('forward'), ...withOrder('reverse').reverse()];
}
