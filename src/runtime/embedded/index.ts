export { EmbeddedMachine, type EmbeddedMachineOptions, type Moment } from './embedded-machine.ts';
export { ownTask } from './live-world.ts';
export { PtraceSource, type TracedRoot } from './ptrace-source.ts';
export { TracedChild } from './traced-child.ts';
