export { attachOrder } from './attach-order.ts';
export { encodeConstants, factsOfNobody, type ParamValues, type RuntimeFacts } from './constants.ts';
export { loadVerdicts } from './load-verdicts.ts';
export { describeRejection } from './rejection.ts';
export {
  type RunControl,
  type RunMessages,
  type RunOptions,
  type RunReport,
  type TraceRun,
  trace,
  usualRunOptions,
} from './trace.ts';
