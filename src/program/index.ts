export { type Arch, type ArchFacts, archFacts, archTable, type RegisterPart } from './arch.ts';
export type {
  AttachOutcome,
  Backend,
  Loaded,
  LoadOptions,
  LoadResult,
  MapAccess,
  MapEntry,
  Missed,
  Rejection,
} from './backend.ts';
export {
  COMM_BYTES,
  eventNote,
  isNote,
  loadNote,
  MAX_PART_BYTES,
  memoryNote,
  NOTE_TAG,
  notedHelpers,
  noteHead,
  noteKinds,
  numberNote,
  partNote,
} from './event-notes.ts';
export {
  argumentsOf,
  type Conversion,
  type Format,
  formatArity,
  parseFormat,
  type UnknownConversion,
} from './format.ts';
export type { ClockFields, Host, Lookups, SymbolFrame } from './host.ts';
export type { BpfMapSpec, BpfMapType, MapStorage, ScriptMap } from './maps.ts';
export { kernelPlaceName, userPlaceName } from './place-names.ts';
export type {
  KernelLocation,
  PerfPeriod,
  ProbeBase,
  ProbeKind,
  ProbeOf,
  ProbeSpec,
  UsdtLocation,
  UserLocation,
} from './probes.ts';
export type {
  AttachBtf,
  BpfProgType,
  LineEntry,
  NamedParam,
  Prog,
  ProgFunc,
  Program,
  Reloc,
  RunSettings,
  RuntimeConstant,
} from './program.ts';
export type {
  RecordBase,
  RecordKind,
  RecordOf,
  RecordSlot,
  RecordSpec,
  RuntimeErrorKind,
  SourceRange,
  SourceTrail,
} from './records.ts';
export { type PrintOrder, printOrders } from './records.ts';
export { programFromText, programToText } from './saved-program.ts';
export type {
  BinarySymbol,
  BpfFunction,
  Feature,
  FileAnswer,
  ForeignBinary,
  KernelConfig,
  KernelFunction,
  KernelHeaders,
  ObjectAnswer,
  PlaceAnswer,
  Target,
  TracepointField,
  TracepointFormat,
  UsdtPlace,
  UsdtProbe,
  UserSymbol,
} from './target.ts';
export {
  encodeUnwindRule,
  INNERMOST_ONLY,
  MAX_UNWIND_PROCESSES,
  RANGE_SEARCH_STEPS,
  ROW_SEARCH_STEPS,
  SIGNAL_FRAME,
  UNCHANGED,
  type UnwindMaps,
  unwindKinds,
  unwindProcess,
  unwindRange,
  unwindRow,
  unwindRule,
  unwindState,
} from './unwind.ts';
