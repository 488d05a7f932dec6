export { createDecodeContext, type DecodeContext, decodeValue } from './decode.ts';
export { DecodeError, UnprintableTypeError } from './decode-error.ts';
export { log2Bound, log2BucketOf } from './histogram.ts';
export { jsonString, valueJson } from './json.ts';
export type { MapRow, MapSnapshot, SnapshotOptions } from './map-snapshot.ts';
export type { CatEffect, Effect, Outcome, PacketEffect, SystemEffect, TextOutcome } from './outcome.ts';
export type { Shown } from './output-format.ts';
export { createReport, type Report, type ReportOptions } from './report.ts';
export { strftime, utcFields } from './strftime.ts';
export {
  type BenchmarkResult,
  benchmarkResult,
  benchmarksBegin,
  type TestResult,
  testResult,
  testsBegin,
  testsEnd,
} from './test-results.ts';
export { type TextContext, valueText } from './text.ts';
export type { Bound, Bucket, NamedValue, SeriesPoint, StackFrame, Value, ValueKind } from './value.ts';
