import {
  alu64Imm,
  call,
  encodeInsns,
  exit,
  type HelperName,
  helperIds,
  type Insn,
  type ProgType,
  R0,
} from '../bpf/index.ts';
import { yes } from './feature-answer.ts';
import type { FeatureAnswer } from './feature-table.ts';
import { loadProg, type Prog, ProgLoadError, type ProgSpec } from './prog.ts';

/** The smallest prog there is. */
export const returnZero: readonly Insn[] = [alu64Imm('mov', R0, 0), exit()];

/** A prog that is loaded to see whether it can be; a raw tracepoint's unless it says otherwise. */
export interface Trial extends Partial<Pick<ProgSpec, 'type' | 'expectedAttachType' | 'attachBtf'>> {
  readonly insns: readonly Insn[];
}

/** Loads a trial; who asked disposes of it. @throws ProgLoadError */
export function tryLoad(trial: Trial): Prog {
  const { insns, ...rest } = trial;
  return loadProg({
    name: 'probe',
    type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
    license: 'GPL',
    insns: encodeInsns(insns),
    ...rest,
  });
}

/** Yes, when it loads. @throws ProgLoadError */
export function loads(trial: Trial): FeatureAnswer {
  using _prog = tryLoad(trial);
  return yes;
}

/**
 * Whether progs of this type may call a helper: the prog is wrong in everything else, so what counts is what the verifier objects to.
 *
 * Its words for an unknown helper have been "invalid func" and "unknown func", and since Linux 6.11 "program of this type cannot use
 * helper" for one of other prog types.
 *
 * @throws ProgLoadError when the verifier did not get to look at it.
 */
export function callable(
  helper: HelperName,
  type: ProgType = 'BPF_PROG_TYPE_RAW_TRACEPOINT',
  rest: Partial<Trial> = {},
): FeatureAnswer {
  try {
    return loads({ ...rest, type, insns: [call(helper), alu64Imm('mov', R0, 0), exit()] });
  } catch (error) {
    if (!(error instanceof ProgLoadError) || error.log === '') throw error;
    if (/(?:invalid|unknown) func |cannot use helper /.test(error.log)) {
      return { kind: 'no', why: `bpf_${helper}#${helperIds[helper]}: ${error.reason}` };
    }
    return yes;
  }
}
