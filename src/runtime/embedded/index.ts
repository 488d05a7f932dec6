export { EmbeddedMachine, type EmbeddedMachineOptions } from './embedded-machine.ts';
export { PtraceSource, type TracedRoot } from './ptrace-source.ts';
export { TracedChild } from './traced-child.ts';
