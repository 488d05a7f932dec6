import type { Program, SourceTrail } from '../program/index.ts';
import { type KernelProfile, kernelProfiles, type Verdict, verifyProg } from '../verifier/index.ts';
import { messageAt } from './quote-source.ts';

/** Instructions followed before a run: what takes longer to see is not worth waiting for. */
const QUICK_BUDGET = 20_000;

/** What the newest kernel would refuse of a program, as lines to show: advice, since a machine without a verifier runs it anyway. */
export function foretellRefusals(program: Program): readonly string[] {
  const { '7.2': newest } = kernelProfiles;
  return program.progs.flatMap((_, index) => {
    const verdict = verifyProg(program, index, newest, { budget: QUICK_BUDGET });
    if (verdict.kind === 'not-refused') return [];
    const text = `A kernel would refuse this: ${verdict.refusal.text}`;
    return at(program, verdict.trail, text);
  });
}

function at(program: Program, trail: SourceTrail | undefined, text: string): readonly string[] {
  return trail === undefined ? [`WARNING: ${text}`] : messageAt(program, trail, 'WARNING', text);
}

/** What the verifiers of the known kernels would say of every prog, a line each (`-d verifier` where no kernel says it itself). */
export function describeVerdicts(program: Program): readonly string[] {
  const kernels: readonly KernelProfile[] = Object.values(kernelProfiles);
  return program.progs.flatMap((prog, index) => [
    `${prog.name} (${prog.insns.length / 8} instructions):`,
    ...kernels.map(
      (kernel) => `  Linux ${kernel.name}: ${describe(program, verifyProg(program, index, kernel))}`,
    ),
  ]);
}

function describe(program: Program, verdict: Verdict): string {
  if (verdict.kind === 'not-refused') {
    const ways = verdict.isComplete ? 'all ways' : 'not all ways';
    return `nothing speaks against it (${verdict.followed} instructions followed, ${ways})`;
  }
  const { refusal, trail } = verdict;
  const place = trail && `${program.sources[trail.at.source]?.name ?? 'script'}:${trail.at.line}`;
  return `refuses instruction ${refusal.insn}${place === undefined ? '' : ` (${place})`}: ${refusal.text}`;
}
