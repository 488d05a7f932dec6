import type { Target } from '../../program/index.ts';

/**
 * Whether a prog may have functions without making its loops dear.
 *
 * Verifiers before Linux 6.2 take every number of a prog with more than one function for one whose exact value matters: two states that
 * differ in a number nothing depends on are then both followed, round by round. A kernel does not say so itself; maps of what belongs to a
 * cgroup came with the same release, and asking for them is cheap. Source: kernel/bpf/verifier.c, __mark_reg_unknown ("precise = env->subprog_cnt > 1").
 */
export function functionsAreCheap(target: Target): boolean {
  return target.has('cgrp-storage');
}
