export { EmbeddedMachine, type EmbeddedMachineOptions } from './embedded-machine.ts';
