/**
 * Warnings come in the order in which bpftrace's passes find them (appendix D): those about types behind those about names, conversions behind
 * both, and what only a whole script tells last. Inside one step they keep the order of the script.
 */
import type { Diagnostic } from '../language/index.ts';
import type { CheckCode } from './catalogue.ts';

const steps: readonly (readonly CheckCode[])[] = [
  ['while-deprecated'],
  ['unreachable'],
  ['string-always-empty', 'parameter-missing'],
  ['unstable-warning'],
  ['variable-never-assigned', 'variable-unassigned-use'],
  ['pointer-comparison', 'signed-division', 'address-space-mismatch', 'address-space-unset'],
  ['implicit-cast'],
];

const stepsByCode: ReadonlyMap<string, number> = new Map(
  steps.flatMap((codes, step) => codes.map((code) => [code, step] as const)),
);

/** The diagnostics with their warnings in order; `sort` is stable. */
export function inOrderOfPasses(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const step = ({ severity, code }: Diagnostic): number =>
    severity === 'error' ? -1 : (stepsByCode.get(code) ?? steps.length);
  return [...diagnostics].sort((a, b) => step(a) - step(b));
}
