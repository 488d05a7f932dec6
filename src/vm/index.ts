export { hasHelper, helperNames, kfuncNames } from './calls/index.ts';
export {
  type AddressSpace,
  type Clock,
  createQuietEnvironment,
  type Environment,
  type QuietEnvironment,
  type QuietOptions,
  seededRandom,
  type Task,
  UnansweredError,
} from './environment.ts';
export { type Access, describeFault, type Fault, type FaultCause } from './fault.ts';
export {
  createMachine,
  type Engine,
  Machine,
  type MachineOptions,
  type MachineProgram,
  type MachineResult,
  type RunInput,
  type RunResult,
} from './machine.ts';
export { MapError } from './map-error.ts';
export { MemoryLimitError } from './memory.ts';
