/**
 * The instruction a verifier log ends at: of the lines that begin with its number, the last one before the closing summary.
 *
 *     12: (85) call bpf_get_stack#67
 *     R1 type=scalar expected=ctx
 *     processed 13 insns (limit 1000000) ...
 */
export function lastInsnOf(log: string): number | undefined {
  let last: number | undefined;
  for (const match of log.matchAll(/^(\d+): (?:\([0-9a-f]{2}\)|R\d)/gm)) last = Number(match[1]);
  return last;
}
