export { KernelModel, kernelModelBtf, type TaskFacts, taskAddress, terminalAddress } from './kernel-model.ts';
export { embeddedTarget, type ServedEvents, type TargetHost } from './target.ts';
export { eventFields, type NamedEvent, processTracepoints, syscallNames } from './tracepoint-formats.ts';
