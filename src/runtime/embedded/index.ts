export { EmbeddedMachine, type Moment } from './embedded-machine.ts';
export { ownTask } from './live-world.ts';
export type { TracedRoot } from './ptrace-source.ts';
export { TracedChild } from './traced-child.ts';
