import { continueUnreachable, type FuncContext, releaseLoops } from './func-context.ts';

/** Ends the probe with its default return value, from wherever this is. */
export function returnFromProbe(f: FuncContext): void {
  releaseLoops(f, 0);
  f.leaveProbe(f.b.const(f.prog.probe.defaultReturn));
  continueUnreachable(f);
}
