export type { Clock, Task } from '../vm/index.ts';
export { EmbeddedBackend, type EmbeddedBackendOptions } from './backend.ts';
export {
  type Attaching,
  type EventSource,
  type Fire,
  type ProbeEvent,
  ranByTracer,
  type Scene,
  sourceOf,
  type Worked,
} from './event-source.ts';
export { isMachineError, MachineFaultError } from './fault-error.ts';
export {
  type BinaryFacts,
  EventFeed,
  type EventFeedOptions,
  type FedNames,
  fedHost,
  fedTarget,
  type Happening,
  type MachineFacts,
  MemoryImage,
  type Otherwise,
  OutsideError,
  READ_TEXT,
  type ScriptFiles,
  type Told,
} from './feed/index.ts';
export {
  ProcessTracepoints,
  processTracepointPatterns,
} from './process-tracepoints.ts';
export { type KernelMemory, SceneEnvironment } from './scene-environment.ts';
export type { RunStart, Tap } from './tap.ts';
export {
  embeddedTarget,
  eventFields,
  KernelModel,
  kernelModelBtf,
  type NamedEvent,
  processTracepoints,
  type ServedEvents,
  syscallNames,
  type TargetHost,
  type TaskFacts,
  taskAddress,
  terminalAddress,
} from './target/index.ts';
export { Timers, type TimersOptions, timerNames } from './timers.ts';
export type { World } from './world.ts';
